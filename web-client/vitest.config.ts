import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { alias } from "./vite.base.ts";

export default defineConfig({
  plugins: [react()],
  resolve: { alias },
  test: {
    include: ["{patient,staff,shared}/**/*.test.{ts,tsx}"],
    environment: "jsdom",
    setupFiles: ["./shared/testing/setup.ts"],
    restoreMocks: true,
    css: false,
  },
});
