import { Presence } from "./presence";

/** Whether somebody is at this page: there is one page, and one answer. */
export const presence = new Presence();
