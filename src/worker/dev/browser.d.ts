// The script of the error page is imported as text.
declare const text: string;
export default text;
