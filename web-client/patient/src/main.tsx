import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@shared/ui/fonts.css";
import "@shared/ui/tokens.css";
import "./ui/ui.css";
import { App } from "./app/app";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
