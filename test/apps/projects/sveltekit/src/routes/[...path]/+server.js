import { answer } from "../../../answers.js";

export const GET = ({ request }) => answer(request);
export const POST = GET;
