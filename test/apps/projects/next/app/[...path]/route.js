import { answer } from "../../answers.js";

export const dynamic = "force-dynamic";
export const GET = answer;
export const POST = answer;
