// The style of the error page is imported as text.
declare module "*.css" {
  const text: string;
  export default text;
}
