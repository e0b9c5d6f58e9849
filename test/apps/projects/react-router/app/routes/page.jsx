export default function Page() {
  return <p id="page">a page of React Router</p>;
}
