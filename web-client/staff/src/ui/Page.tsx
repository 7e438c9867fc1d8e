import { Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import styles from "./Page.module.css";

/** A screen with its heading; the heading is also the tab's title unless `tabTitle` says more. */
export function Page(props: {
  readonly title: string;
  readonly tabTitle?: string;
  readonly aside?: ReactNode;
  readonly summary?: ReactNode;
  readonly children: ReactNode;
}) {
  const tab = `${props.tabTitle ?? props.title} · Bedside`;
  useEffect(() => {
    document.title = tab;
  }, [tab]);
  return (
    <>
      <div className={styles["head"]}>
        <div>
          <Title order={1}>{props.title}</Title>
          {props.summary === undefined ? null : <p className={styles["summary"]}>{props.summary}</p>}
        </div>
        {props.aside}
      </div>
      {props.children}
    </>
  );
}
