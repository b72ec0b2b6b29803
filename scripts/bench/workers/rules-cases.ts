/** A list of rules, and requests that it is asked about. */
export interface RulesCase {
  readonly name: string;
  readonly paths: readonly string[];
  /** `page` makes each path one that was not asked about before. */
  readonly request: (page: number) => string;
  /** Of the rule that fits; undefined where none does. */
  readonly fits: number | undefined;
}

function rules(count: number): readonly string[] {
  const forms = [
    (at: number) => `/section-${at}/:id`,
    (at: number) => `/shop/${at}/*`,
    (at: number) => `/static/v${at}/*.css`,
    (at: number) => `/api/v1/resource-${at}/:id/:part?`,
  ];
  return Array.from({ length: count }, (_, at) => forms[at % forms.length]?.(at) ?? "");
}

const parametersFirst = Array.from({ length: 500 }, (_, at) => `/:shop/p/${at}/:id`);
const suffixes = Array.from({ length: 500 }, (_, at) => `/*.x${at}`);
const regexps = Array.from({ length: 500 }, (_, at) => `/:id(\\d+)/p${at}`);

const of = (count: number): readonly RulesCase[] => {
  const last = `${count - 1}`;
  const lastRequest = count === 1 ? `/section-${last}/` : count === 50 ? `/shop/${last}/` : `/api/v1/resource-${last}/`;
  return [
    { name: `${count}-first`, paths: rules(count), request: (page) => `/section-0/${page}`, fits: 0 },
    ...(count === 1
      ? []
      : [
          {
            name: `${count}-last`,
            paths: rules(count),
            request: (page: number) => `${lastRequest}${page}`,
            fits: count - 1,
          },
        ]),
    { name: `${count}-none`, paths: rules(count), request: (page) => `/nothing/of/${page}`, fits: undefined },
  ];
};

export const rulesCases: readonly RulesCase[] = [
  ...of(1),
  ...of(50),
  ...of(500),
  { name: "500-parameters-last", paths: parametersFirst, request: (page) => `/s${page}/p/499/1`, fits: 499 },
  { name: "500-parameters-none", paths: parametersFirst, request: (page) => `/s${page}/p/500/1`, fits: undefined },
  { name: "500-suffixes-last", paths: suffixes, request: (page) => `/a/${page}.x499`, fits: 499 },
  { name: "500-suffixes-none", paths: suffixes, request: (page) => `/a/${page}.y`, fits: undefined },
  { name: "500-regexps-none", paths: regexps, request: (page) => `/${page}/q`, fits: undefined },
];

/** Requests in a block. */
const BATCH = 100;
/** URLPattern's tests in a block, about: 500 of them take half a millisecond. */
const TESTS = 1000;

/** Who is measured, and how many requests a block of each has. */
export function contenders({ paths, fits }: RulesCase): readonly { contender: "compiled" | "linear"; batch: number }[] {
  const tests = fits === undefined ? paths.length : fits + 1;
  return [
    { contender: "compiled", batch: BATCH },
    { contender: "linear", batch: Math.min(BATCH, Math.ceil(TESTS / tests)) },
  ];
}
