import { act, render, screen } from "@testing-library/react";
import { Component as ReactComponent, type ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { onDemand } from "./on-demand";

function Greeting({ name }: { name: string }): ReactNode {
  return <p>Hello {name}</p>;
}

class Boundary extends ReactComponent<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};
  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }
  override render(): ReactNode {
    return this.state.error === undefined ? this.props.children : <p>{this.state.error.message}</p>;
  }
}

test("what was fetched before shows at once", async () => {
  const load = vi.fn(() => Promise.resolve(Greeting));
  const { Component, preload } = onDemand(load);
  await act(async () => preload());
  const { container } = render(<Component name="Ann" fallback="One moment" />);
  expect(container.textContent).toBe("Hello Ann");
  expect(load).toHaveBeenCalledTimes(1);
});

test("until the code is here, the fallback shows", async () => {
  let arrive: (component: typeof Greeting) => void = () => undefined;
  const { Component } = onDemand<{ name: string }>(() => new Promise((done) => (arrive = done)));
  const { container } = render(<Component name="Ann" fallback="One moment" />);
  expect(container.textContent).toBe("One moment");
  await act(async () => arrive(Greeting));
  expect(container.textContent).toBe("Hello Ann");
});

test("code that cannot be had is an error of the component, and is asked for again", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const load = vi.fn<() => Promise<typeof Greeting>>().mockRejectedValueOnce(new Error("offline")).mockRejectedValueOnce(new Error("offline")).mockResolvedValue(Greeting);
  const { Component, preload } = onDemand(load);
  await act(async () => preload());
  const first = render(
    <Boundary>
      <Component name="Ann" fallback="One moment" />
    </Boundary>,
  );
  expect(await screen.findByText("offline")).toBeDefined();
  first.unmount();
  const { findByText } = render(<Component name="Ann" fallback="One moment" />);
  await findByText("Hello Ann");
  expect(load).toHaveBeenCalledTimes(3);
});
