// A chapter is imported as text: `import text from "./apps.md" with { type: "text" }`.
declare module "*.md" {
  const text: string;
  export default text;
}
