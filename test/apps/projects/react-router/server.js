// React Router in an Express app of one's own, as its manual shows it.
import { createRequestHandler } from "@react-router/express";
import express from "express";
import * as build from "./build/server/index.js";

const app = express();
app.use(express.static("build/client"));
app.use(createRequestHandler({ build }));
const port = Number(process.env.PORT ?? 3000);
app.listen(port, () => console.log(`ready on http://localhost:${port}`));
