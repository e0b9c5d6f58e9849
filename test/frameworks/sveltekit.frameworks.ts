// Servers that are built with SvelteKit: bun run verify:frameworks sveltekit
import { proveProjects } from "../helpers/prove-project.ts";

proveProjects("sveltekit", "sveltekit handler");
