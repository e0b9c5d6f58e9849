// Servers that are built with TanStack Start: bun run verify:frameworks tanstack
import { proveProjects } from "../helpers/prove-project.ts";

proveProjects("tanstack");
