// A bare server in one process, for the time and memory that a start costs.
//   bare-server.ts PORT
import { serveBare } from "./bare-serve.ts";

serveBare(Number(process.argv[2]));
