// The smallest app: what a server adds to a request is most of what it costs.
export default {
  fetch: () => new Response("hello"),
};
