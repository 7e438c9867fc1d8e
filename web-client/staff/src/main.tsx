import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import { Notifications } from "@mantine/notifications";
import "@mantine/notifications/styles.css";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import "@shared/ui/fonts.css";
import "@shared/ui/tokens.css";
import { App } from "./app/App";
import { ErrorBoundary } from "./app/ErrorBoundary";
import "./styles.css";
import { cssVariablesResolver, theme } from "./theme";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

// The server writes a fresh nonce into each page; without it the style elements that Mantine and
// its scroll lock insert would be refused by the content security policy.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
setNonce(nonce);

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <Notifications position="bottom-left" limit={3} />
      <Router base="/staff">
        <ErrorBoundary>
          <App />
        </ErrorBoundary>
      </Router>
    </MantineProvider>
  </StrictMode>,
);
