import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { open } from "unticked";
import { Film } from "./Film.jsx";
import { Statistics } from "./Statistics.jsx";

const root = document.getElementById("root");
const { elsewhere } = root.dataset;

function useHash() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash;
}

function App() {
  const film = useHash() === "#/film";
  return (
    <>
      <p><a href="#/">Start</a> <a href="#/film">The film</a></p>
      <main>
        <h1>{film ? "The film" : "An app in React"}</h1>
        {film && <Film src={elsewhere + "/film"} title="The linden avenue" />}
        <Statistics src={elsewhere + "/statistics.js"} />
      </main>
      <button type="button" onClick={() => open()}>Privacy settings</button>
    </>
  );
}

createRoot(root).render(<App />);
