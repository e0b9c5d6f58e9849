import { answer } from "../../answers.js";

export const ALL = ({ request }) => answer(request);
