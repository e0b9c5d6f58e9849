// What a build from before the handover protocol of now does as a successor: it says hello, and
// waits for an offer.
process.send?.({ type: "hello", protocols: [1] });
setInterval(() => undefined, 1000);
