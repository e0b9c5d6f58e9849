// Does as a successor what a build with an older handover protocol does: it says hello, and waits
// for an offer.
process.send?.({ type: "hello", protocols: [1] });
setInterval(() => undefined, 1000);
