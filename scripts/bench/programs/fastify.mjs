// Hello world in Fastify, with the end on SIGINT that PM2's documentation shows.
import fastify from "fastify";

const app = fastify();
app.get("/", () => "hello");
await app.listen({ port: Number(process.env.PORT), host: process.env.HOST });
process.on("SIGINT", () => app.close().then(() => process.exit()));
