// Hello world in Express, with the end on SIGINT that PM2's documentation shows.
import express from "express";

const app = express();
app.get("/", (_request, response) => {
  response.send("hello");
});
const server = app.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGINT", () => server.close(() => process.exit()));
