import { queryOptions } from "@tanstack/react-query";
import { api, take } from "@shared/api/client";

/** What the signed-in account has beside its password. */
export const factorsQuery = () => queryOptions({ queryKey: ["factors"], queryFn: () => take(api.GET("/api/v1/factors")) });

/** Where the account is signed in. */
export const sessionsQuery = () => queryOptions({ queryKey: ["own-sessions"], queryFn: () => take(api.GET("/api/v1/sessions")) });

/** What happened to the account's safety lately. */
export const noticesQuery = () => queryOptions({ queryKey: ["security-notices"], queryFn: () => take(api.GET("/api/v1/session/notices")) });
