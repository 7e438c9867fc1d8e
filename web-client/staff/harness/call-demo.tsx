/** Development only: the visit with a running call and drawn people, at /staff/harness/call.html?state=NAME. */
import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { createQueryClient, visitQuery } from "@shared/api/queries";
import { drawnCall } from "@shared/testing/drawn-call";
import "@shared/ui/fonts.css";
import "@shared/ui/tokens.css";
import { Shell } from "../src/app/Shell";
import { VisitRoom } from "../src/features/call/VisitRoom";
import { LiveProvider } from "../src/lib/live";
import { SessionProvider } from "../src/lib/session";
import "../src/styles.css";
import { cssVariablesResolver, theme } from "../src/theme";
import { accounts } from "./fixtures";

const state = new URLSearchParams(location.search).get("state") ?? "person";

const begin = () => drawnCall(state, { identity: "account-patient-1", name: "Amina Osei" });

function Demo() {
  const visit = useQuery(visitQuery("visit-amina"));
  return visit.data === undefined ? null : <VisitRoom visit={visit.data} begin={begin} />;
}

function Stand() {
  const [cache] = useState(() => createQueryClient(() => undefined));
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
      <QueryClientProvider client={cache}>
        <Router base="/staff">
          <SessionProvider account={accounts.clinician}>
            <LiveProvider>
              <Shell>
                <Demo />
              </Shell>
            </LiveProvider>
          </SessionProvider>
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("the harness has no #root");
createRoot(root).render(
  <StrictMode>
    <Stand />
  </StrictMode>,
);
