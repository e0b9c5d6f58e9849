import { index, route } from "@react-router/dev/routes";

export default [
  index("routes/answers.js"),
  route("page", "routes/page.jsx"),
  route("*", "routes/answers.js", { id: "others" }),
];
