// A handler that is pending for two turns of the microtask queue: the server gets a promise.
export default {
  async fetch() {
    await Promise.resolve();
    await Promise.resolve();
    return new Response("hello");
  },
};
