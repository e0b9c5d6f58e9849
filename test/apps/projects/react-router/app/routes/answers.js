import { answer } from "../../answers.js";

export const loader = ({ request }) => answer(request);
export const action = loader;
