// A handler that waits for a later turn of the event loop, as one that does I/O: requests overlap.
export default {
  async fetch() {
    await Bun.sleep(0);
    return new Response("hello");
  },
};
