import {
  Alert,
  Badge,
  Button,
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
  Notification,
  SegmentedControl,
  type VariantColorsResolver,
} from "@mantine/core";

/**
 * Mantine dressed in the tokens of shared/ui. Its own palette fails WCAG AA in both schemes, so no colour of it
 * is left in reach: every semantic variable and every variant below resolves to a token, and a token already
 * knows whether the browser asks for light or dark.
 */

const flat = (token: string): MantineColorsTuple => {
  const colour = `var(--${token})`;
  return [colour, colour, colour, colour, colour, colour, colour, colour, colour, colour];
};

interface Paint {
  readonly text: string;
  readonly soft: string;
  readonly filled: string;
  readonly hover: string;
  readonly onFilled: string;
}

const PAINTS: Record<string, Paint> = {
  accent: { text: "accent-text", soft: "accent-soft", filled: "accent", hover: "accent-hover", onFilled: "on-accent" },
  danger: { text: "urgent", soft: "urgent-soft", filled: "danger", hover: "danger-hover", onFilled: "on-danger" },
  waiting: { text: "waiting", soft: "waiting-soft", filled: "waiting", hover: "waiting", onFilled: "paper" },
  ready: { text: "ready", soft: "ready-soft", filled: "ready", hover: "ready", onFilled: "paper" },
  calm: { text: "ink-soft", soft: "surface-sunken", filled: "ink", hover: "ink-soft", onFilled: "paper" },
};

const token = (name: string): string => `var(--${name})`;

const variantColorResolver: VariantColorsResolver = ({ color, variant }) => {
  const paint = PAINTS[color ?? "accent"] ?? PAINTS["accent"];
  if (paint === undefined) throw new Error("the accent paint is defined above");
  const text = token(paint.text);
  switch (variant) {
    case "filled":
      return {
        background: token(paint.filled),
        hover: token(paint.hover),
        color: token(paint.onFilled),
        border: "1px solid transparent",
      };
    case "light":
      return { background: token(paint.soft), hover: token(paint.soft), color: text, border: "1px solid transparent" };
    case "outline":
      return { background: "transparent", hover: token(paint.soft), color: text, border: `1px solid ${text}` };
    case "subtle":
    case "transparent":
      return { background: "transparent", hover: token(paint.soft), color: text, border: "1px solid transparent" };
    default:
      return {
        background: token("surface"),
        hover: token("surface-sunken"),
        color: token("ink"),
        border: `1px solid ${token("line-strong")}`,
      };
  }
};

export const theme: MantineThemeOverride = createTheme({
  fontFamily: "var(--font)",
  fontFamilyMonospace: "ui-monospace, monospace",
  headings: {
    fontFamily: "var(--font)",
    fontWeight: "700",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.25" },
      h2: { fontSize: "1.125rem", lineHeight: "1.3" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.35" },
    },
  },
  fontSizes: { xs: "0.8125rem", sm: "0.875rem", md: "0.9375rem", lg: "1.0625rem", xl: "1.25rem" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  radius: { xs: "4px", sm: "var(--radius-small)", md: "var(--radius)", lg: "var(--radius-large)", xl: "999px" },
  defaultRadius: "sm",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  primaryColor: "accent",
  primaryShade: 6,
  colors: {
    accent: flat("accent"),
    danger: flat("danger"),
    waiting: flat("waiting"),
    ready: flat("ready"),
    calm: flat("ink-soft"),
    red: flat("urgent"),
    gray: flat("line-strong"),
  },
  variantColorResolver,
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    Badge: Badge.extend({ defaultProps: { variant: "light", tt: "none", fw: 700 } }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } } }),
    SegmentedControl: SegmentedControl.extend({
      styles: { root: { background: token("surface-sunken") }, indicator: { background: token("surface") }, label: { color: token("ink") } },
    }),
    Alert: Alert.extend({ defaultProps: { variant: "light" }, styles: { message: { color: "var(--ink)" } } }),
  },
});

const semantic: Record<string, string> = {
  // Inputs and menus reach past the semantic names to shades of "dark" in the dark scheme.
  "--mantine-color-dark-filled": token("ink"),
  "--mantine-color-dark-0": token("ink"),
  "--mantine-color-dark-1": token("ink"),
  "--mantine-color-dark-2": token("ink-soft"),
  "--mantine-color-dark-3": token("ink-soft"),
  "--mantine-color-dark-4": token("line-strong"),
  "--mantine-color-dark-5": token("surface-sunken"),
  "--mantine-color-dark-6": token("surface"),
  "--mantine-color-dark-7": token("paper"),
  "--mantine-color-dark-8": token("surface-sunken"),
  "--mantine-color-gray-0": token("surface-sunken"),
  "--mantine-color-gray-1": token("surface-sunken"),
  "--mantine-color-gray-2": token("line"),
  "--mantine-color-gray-3": token("line"),
  "--mantine-color-gray-4": token("line-strong"),
  "--mantine-color-gray-5": token("ink-soft"),
  "--mantine-color-gray-6": token("ink-soft"),
  "--mantine-color-gray-7": token("ink-soft"),
  "--mantine-color-body": token("paper"),
  "--mantine-color-text": token("ink"),
  "--mantine-color-bright": token("ink"),
  "--mantine-color-white": token("surface"),
  "--mantine-color-dimmed": token("ink-soft"),
  "--mantine-color-placeholder": token("ink-soft"),
  "--mantine-color-anchor": token("accent-text"),
  "--mantine-color-error": token("urgent"),
  "--mantine-color-default": token("surface"),
  "--mantine-color-default-hover": token("surface-sunken"),
  "--mantine-color-default-color": token("ink"),
  "--mantine-color-default-border": token("line-strong"),
  "--mantine-color-disabled": token("surface-sunken"),
  "--mantine-color-disabled-color": token("ink-soft"),
  "--mantine-color-disabled-border": token("line"),
  "--mantine-primary-color-filled": token("accent"),
  "--mantine-primary-color-filled-hover": token("accent-hover"),
  "--mantine-primary-color-light": token("accent-soft"),
  "--mantine-primary-color-light-hover": token("accent-soft"),
  "--mantine-primary-color-light-color": token("accent-text"),
  "--mantine-primary-color-contrast": token("on-accent"),
};

export const cssVariablesResolver: CSSVariablesResolver = () => ({ variables: {}, light: semantic, dark: semantic });
