// Servers that are built with React Router: bun run verify:frameworks react-router
import { proveProjects } from "../helpers/prove-project.ts";

proveProjects("react-router serve", "react-router express");
