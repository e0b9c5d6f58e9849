// Servers that are built with Next: bun run verify:frameworks next
import { proveProjects } from "../helpers/prove-project.ts";

proveProjects("next standalone", "next custom");
