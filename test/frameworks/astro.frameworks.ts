// Servers that are built with Astro: bun run verify:frameworks astro
import { proveProjects } from "../helpers/prove-project.ts";

proveProjects("astro", "astro middleware");
