/** The scenarios of docs/scenarios.md over the control API: each is some faults on order, and a risk rule where a review is needed. */
import { text } from '../../wire/shape.ts';
import { SCENARIOS, type Scenario } from '../scenarios.ts';
import type { FaultControl } from './faults.ts';
import type { MerchantControl } from './merchants.ts';
import { type ControlCall, type ControlReply, closed, ok, problem, readAs } from './reply.ts';

const startRequest = closed({ merchant_id: text({ max: 64 }) });

export class ScenarioControl {
  readonly #merchants: MerchantControl;
  readonly #faults: FaultControl;

  constructor(merchants: MerchantControl, faults: FaultControl) {
    this.#merchants = merchants;
    this.#faults = faults;
  }

  list(): ControlReply {
    return ok({ scenarios: SCENARIOS.map(({ name, title }) => ({ name, title })) });
  }

  read({ params }: ControlCall): ControlReply {
    const scenario = find(params.name);
    return scenario ? ok(scenario) : unknownScenario(params.name);
  }

  async start(call: ControlCall): Promise<ControlReply> {
    const { refused } = readAs(startRequest, call.body);
    if (refused) return refused;
    const scenario = find(call.params.name);
    if (!scenario) return unknownScenario(call.params.name);
    const { merchant, refused: unknown } = await this.#merchants.addressed(call);
    if (unknown) return unknown;
    const { faults, risk_rules = [], name } = scenario;
    return this.#faults.order(merchant, faults, name, (current) => ({
      ...current,
      risk_rules: [...risk_rules, ...current.risk_rules],
    }));
  }
}

function find(name: string | undefined): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.name === name);
}

function unknownScenario(name = ''): ControlReply {
  return problem(404, 'NOT_FOUND', `There is no scenario ${name.slice(0, 80)}; GET /control/scenarios lists them`);
}
