import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { UserConfig } from "vite";

/** Absolute path of a folder or file beside this file. */
export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The one import alias both apps and the tests know. */
export const alias = { "@shared": here("./shared") };

/**
 * Build settings of one app. The two apps are separate builds on purpose: one multi-entry
 * build would share chunks and grow the patient's first load.
 */
export function appConfig(app: "patient" | "staff", base: string): UserConfig {
  return {
    root: here(`./${app}`),
    base,
    plugins: [react()],
    resolve: { alias },
    build: {
      outDir: here(`./dist/${app}`),
      emptyOutDir: true,
      // The server's content security policy allows 'self' only, so nothing becomes a data: URL.
      assetsInlineLimit: 0,
      target: "es2022",
      sourcemap: false,
    },
    server: {
      // Development only: the API, chat and media signalling of a running `bedside up --demo`.
      proxy: {
        "/api": { target: "http://127.0.0.1:8080", changeOrigin: false },
        "/chat": { target: "ws://127.0.0.1:8080", ws: true },
        "/rtc": { target: "ws://127.0.0.1:8080", ws: true },
        "/healthz": "http://127.0.0.1:8080",
      },
    },
  };
}
