import js from "@eslint/js";
import globals from "globals";

const rules = {
  ...js.configs.recommended.rules,
  eqeqeq: "error",
  "no-var": "error",
  "prefer-const": "error",
};

export default [
  {
    // Each file is one function, which is called with one options object.
    files: ["agent/colab_cdp_agent/watch/scripts/*.js"],
    languageOptions: { sourceType: "script", globals: globals.browser },
    rules: {
      ...rules,
      "no-redeclare": ["error", { builtinGlobals: false }],
      "no-unused-vars": ["error", { vars: "local" }],
    },
  },
  { ignores: ["agent/colab_cdp_agent/tell/web/static/vendor/*"] },
  {
    files: ["agent/colab_cdp_agent/tell/web/static/*.js"],
    languageOptions: { sourceType: "module", globals: globals.browser },
    rules: {
      ...rules,
      // What comes over MQTT is text; markup out of text is how it would become more.
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "write"].map((property) => ({ property })),
      ],
    },
  },
  {
    files: ["tests/colab_sim/pages/*.js"],
    languageOptions: { sourceType: "module", globals: globals.browser },
    rules: { ...rules, "no-control-regex": "off" }, // a terminal's own characters are printed there
  },
];
