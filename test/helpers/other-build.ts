// Does as a successor what a build with another handover protocol does: it says hello, and waits
// for an offer.
process.send?.({ type: "hello", protocols: [99] });
setInterval(() => undefined, 1000);
