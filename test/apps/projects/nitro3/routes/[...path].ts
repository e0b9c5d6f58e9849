// Every path that has no file of its own.
import { defineHandler } from "h3";
import { answer } from "../answers.js";

export default defineHandler((event) => answer(event.req as Request));
