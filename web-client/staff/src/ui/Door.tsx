import { Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import mark from "../../favicon.svg";
import styles from "./Door.module.css";

/** The page of whoever is not inside yet: one column with a heading. */
export function Door(props: { readonly title: string; readonly tabTitle: string; readonly wide?: boolean; readonly children: ReactNode }) {
  useEffect(() => {
    document.title = `${props.tabTitle} · Bedside`;
  }, [props.tabTitle]);
  return (
    <main className={styles["page"]}>
      <div className={styles["column"]} data-wide={props.wide || undefined}>
        <p className={styles["brand"]}>
          <img src={mark} alt="" width={32} height={32} />
          Bedside
        </p>
        <Title order={1} className={styles["title"]}>
          {props.title}
        </Title>
        {props.children}
      </div>
    </main>
  );
}
