import { type ReactNode, useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { Header } from "./Header";
import styles from "./Shell.module.css";

/** Header and page; after navigation the focus moves to the new page, so that it is read out. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const [path] = useLocation();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus();
  }, [path]);
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <Header />
      <main id="main" ref={main} tabIndex={-1} className={styles["main"]}>
        {children}
      </main>
    </>
  );
}
