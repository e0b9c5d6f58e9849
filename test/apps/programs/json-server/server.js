// json-server as a module, as in "Simple example" of its README.
const jsonServer = require("json-server");

const version = "v0";
const server = jsonServer.create();
const router = jsonServer.router({ posts: [{ id: 1, title: `hello from ${version}` }] });
const middlewares = jsonServer.defaults({ logger: false });

server.use(middlewares);
server.use(router);
server.listen(3000, () => {
  console.log("JSON Server is running");
});
