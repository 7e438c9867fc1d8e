import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { createQueryClient } from "@shared/api/queries";
import type { FakeBackend } from "@shared/testing/fake-backend";
import { drawnCall } from "@shared/testing/drawn-call";
import type { FakeChatHub } from "@shared/testing/fake-chat-hub";
import { CallScreen } from "../src/features/call/call-screen";
import { LiveProvider } from "../src/lib/live";

interface Props {
  state: string;
  backend: FakeBackend;
  hub: FakeChatHub;
}

const NO_TICKET = Promise.resolve({ url: "", token: "" });

/** The call screen over a room without a server. */
export function CallDemo({ state, backend, hub }: Props): ReactNode {
  const [client] = useState(() => createQueryClient(() => undefined));
  const visit = backend.visits[0];
  if (visit === undefined) return null;
  const begin = () => drawnCall(state.replace(/^call-?/, "") || "person", { identity: "dr", name: visit.clinician.display_name });
  return (
    <QueryClientProvider client={client}>
      <LiveProvider account={hub.account}>
        <main>
          <CallScreen visit={visit} ticket={NO_TICKET} devices={{}} onEnded={() => undefined} begin={begin} />
        </main>
      </LiveProvider>
    </QueryClientProvider>
  );
}
