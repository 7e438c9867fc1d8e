import { defineConfig } from "vite";
import { appConfig } from "./vite.base.ts";

export default defineConfig(appConfig("patient", "/"));
