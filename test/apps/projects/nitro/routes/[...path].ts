// Every path that has no file of its own.
import { eventHandler, toWebRequest } from "h3";
import { answer } from "../answers.js";

export default eventHandler((event) => answer(toWebRequest(event)));
