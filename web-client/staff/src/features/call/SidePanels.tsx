import { Badge, Tabs } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import type { Visit } from "@shared/api/types";
import { useConversation } from "../../lib/live";
import { useAccount } from "../../lib/session";
import { ChartPanel } from "./ChartPanel";
import { ChatPanel } from "./ChatPanel";
import { unseenOf } from "./messages";
import styles from "./VisitRoom.module.css";

/** Room for three columns; below, chart and chat share one as tabs. */
const THREE_COLUMNS = "(min-width: 1240px)";

/** Chart and chat beside the person, or behind two tabs where there is no room. */
export function SidePanels({ visit }: { readonly visit: Visit }) {
  const wide = useMediaQuery(THREE_COLUMNS, undefined, { getInitialValueInEffect: false });
  if (!wide) return <TabbedPanels visit={visit} />;
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard */}
      <div className={styles["panel"]} tabIndex={0}>
        <ChartPanel visit={visit} />
      </div>
      <div className={styles["panel"]} data-fixed>
        <ChatPanel visit={visit} />
      </div>
    </>
  );
}

function TabbedPanels({ visit }: { readonly visit: Visit }) {
  const me = useAccount().id;
  const { messages } = useConversation(visit.conversation_id);
  const [tab, setTab] = useState<string | null>("chart");
  const [seen, setSeen] = useState(0);
  const newest = messages.findLast((message) => message.seq !== undefined)?.seq ?? 0;
  const change = (next: string | null): void => {
    if (tab === "chat") setSeen(newest);
    setTab(next);
  };
  const unseen = tab === "chat" ? 0 : unseenOf(messages, me, seen);
  return (
    <Tabs value={tab} onChange={change} className={styles["tabs"]} keepMounted>
      <Tabs.List grow>
        <Tabs.Tab value="chart">Chart</Tabs.Tab>
        <Tabs.Tab value="chat" rightSection={unseen === 0 ? null : <Badge aria-label={`${unseen} new`}>{unseen}</Badge>}>
          Chat
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="chart" tabIndex={0} className={styles["tabPanel"]}>
        <ChartPanel visit={visit} />
      </Tabs.Panel>
      <Tabs.Panel value="chat" tabIndex={0} className={styles["tabPanel"]}>
        <ChatPanel visit={visit} shown={tab === "chat"} />
      </Tabs.Panel>
    </Tabs>
  );
}
