// A middleware, because every path that no file of `public` answers is a page's to Nuxt.
import { answer } from "../../answers.js";

export default defineEventHandler((event) =>
  event.path.startsWith("/page") || event.path.startsWith("/_nuxt")
    ? undefined
    : answer(toWebRequest(event)),
);
