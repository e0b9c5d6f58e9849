import { createFileRoute } from "@tanstack/react-router";

export const Route = createFileRoute("/page")({
  component: () => <p id="page">a page of TanStack Start</p>,
});
