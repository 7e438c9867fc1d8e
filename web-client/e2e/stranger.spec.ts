import { accountOf, cast, expect, test, withClinic } from "./clinic";
import type { Person } from "./person";
import { arrive } from "./steps";

withClinic();

test("a stranger gets nothing of somebody else's visit", async ({ person }) => {
  const { visit, stranger: account, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  await patient.signIn();
  await arrive(patient, visit);
  const stranger = await person(account);
  await stranger.signIn();

  const visitPath = `/api/v1/visits/${visit.id}`;
  const refused: ["GET" | "POST", string, object?][] = [
    ["GET", visitPath],
    ["GET", `${visitPath}/chart`],
    ["POST", `${visitPath}/join`],
    ["POST", `${visitPath}/check-in`],
    ["POST", `${visitPath}/ready`, { device_check: { camera: "ok", microphone: "ok", network: "ok" } }],
    ["POST", `${visitPath}/admit`],
    ["POST", `${visitPath}/return-to-waiting`],
    ["POST", `${visitPath}/complete`],
    ["POST", `${visitPath}/no-show`],
    ["POST", `${visitPath}/cancel`, { reason: "none of my business" }],
    ["GET", `/api/v1/patients/${visit.patient.id}`],
    ["GET", `/api/v1/patients/${visit.patient.id}/consents`],
    ["GET", `/api/v1/appointments/${visit.appointment_id}`],
    ["GET", "/api/v1/waiting-room"],
    ["GET", "/api/v1/audit-events"],
    ["GET", "/api/v1/accounts"],
    ["POST", "/api/v1/patients/_search", { query: visit.patient.display_name }],
  ];
  for (const [method, path, body] of refused) {
    const { status, code } = await stranger.request(method, path, body);
    expect([403, 404], `${method} ${path} answered ${status} ${code}`).toContain(status);
  }

  await test.step("what exists answers like what does not", async () => {
    const unknown = visitPath.replace(visit.id, "01890a5d-ac96-774b-bcce-b302099a8057");
    expect(await stranger.request("POST", `${visitPath}/join`)).toEqual(await stranger.request("POST", `${unknown}/join`));
  });

  await test.step("their own list does not show it, its address says it is not theirs", async () => {
    await stranger.page.goto("/");
    await expect(stranger.page.getByText(visit.patient.display_name)).toHaveCount(0);
    await stranger.page.goto(`/visits/${visit.id}`);
    await expect(stranger.page.getByRole("button", { name: /Join visit|Check in|Start check/ })).toHaveCount(0);
    await expect(stranger.page.getByText(visit.reason)).toHaveCount(0);
  });

  await test.step("chat does not let them in", async () => {
    const told = await stranger.page.evaluate(talk, { token: await tokenOf(stranger), conv: visit.conversation_id });
    expect(told.heads).not.toContain(visit.conversation_id);
    expect(told).toMatchObject({ end: "error not_a_member", events: 0 });
    expect([403, 404]).toContain(await history(stranger, visit.conversation_id));
  });

  await test.step("a coordinator of the clinic coordinates, but does not read the chart", async () => {
    const desk = await person(accountOf("coordinator"));
    await desk.signIn();
    expect((await desk.request("GET", `${visitPath}/chart`)).status).toBeGreaterThanOrEqual(403);
    expect((await desk.request("POST", `${visitPath}/join`)).status).toBeGreaterThanOrEqual(403);
  });
});

test("chat without a valid token is closed with 4401", async ({ person }) => {
  const { page } = await person(accountOf("patient"));
  await page.goto("/");
  for (const token of ["", "not-a-token", "eyJhbGciOiJub25lIn0.e30."]) {
    const { end } = await page.evaluate(talk, { token, conv: "01890a5d-ac96-774b-bcce-b302099a8057" });
    expect(end, `for the token "${token}"`).toBe("closed 4401");
  }
});

/** Runs in the page: tries to read and to write a conversation, and tells how that ended. */
function talk({ token, conv }: { token: string; conv: string }): Promise<{ heads: string[]; events: number; end: string }> {
  interface Heard {
    type: string;
    heads?: { conv: string }[];
    conv?: string;
    code?: string;
    client_msg_id?: string | null;
  }
  return new Promise((resolve) => {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/chat/ws`, "bedside.v1");
    let heads: string[] = [];
    let events = 0;
    const tell = (message: object): void => socket.send(JSON.stringify(message));
    const finish = (end: string): void => resolve({ heads, events, end });
    socket.addEventListener("open", () => tell({ type: "auth", token }));
    socket.addEventListener("close", ({ code }) => finish(`closed ${code}`));
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data)) as Heard;
      if (message.type === "hello") {
        heads = (message.heads ?? []).map((head) => head.conv);
        tell({ type: "resume", after: { [conv]: 0 } });
        tell({ type: "send", client_msg_id: crypto.randomUUID(), conv, text: "let me in" });
      }
      if (message.type === "event" && message.conv === conv) events += 1;
      if (message.type === "ack") finish("accepted");
      if (message.type === "error" && typeof message.client_msg_id === "string") finish(`error ${message.code}`);
    });
  });
}

/** The short token the person's own page would use. */
function tokenOf({ page }: Person): Promise<string> {
  return page.evaluate(async () => {
    const answer = await fetch("/api/v1/session/token", { method: "POST" });
    return ((await answer.json()) as { token: string }).token;
  });
}

/** The status of reading a conversation's history. */
async function history(person: Person, conv: string): Promise<number> {
  const token = await tokenOf(person);
  return person.page.evaluate(
    async ([bearer, id]) => (await fetch(`/chat/conversations/${id}/events?limit=10`, { headers: { authorization: `Bearer ${bearer}` } })).status,
    [token, conv] as const,
  );
}
