// Every path that has no file of its own.
import { createFileRoute } from "@tanstack/react-router";
import { answer } from "../../answers.js";

const all = ({ request }: { request: Request }) => answer(request);

export const Route = createFileRoute("/$")({ server: { handlers: { GET: all, POST: all } } });
