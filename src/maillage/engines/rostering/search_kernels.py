"""Compiled loops of the search: one person's best roster given the others, and annealing on it."""

from __future__ import annotations

import numpy as np
from numba import njit

from maillage.engines.rostering.graph_kernels import best_ends, best_path

NEVER = 1e15
TRIES = 12
"""How many times the prices of broken windows are raised before a roster is given up."""


@njit(cache=True, nogil=True)
def option_prices(flat, person, prices, result):
    """The price of each option of a person: that of the duties it holds."""
    first = flat.option_of[person]
    for option in range(flat.option_of[person + 1] - first):
        total = 0.0
        for at in range(flat.slot_start[first + option], flat.slot_start[first + option + 1]):
            total += prices[flat.option_slots[at]]
        result[option] = total


@njit(cache=True, nogil=True)
def cheapest(flat, person, prices, room, values, path, held):
    """The cheapest path of a person's graph for these prices of duties; its cost.

    ``held`` becomes the duties of the path. ``room`` and ``values`` are work space.
    """
    option_prices(flat, person, prices, room)
    ends = flat.ends[person]
    start = flat.start[flat.node_of[person] : flat.node_of[person + 1]]
    options = flat.options[flat.arc_of[person] : flat.arc_of[person + 1]]
    to = flat.to[flat.arc_of[person] : flat.arc_of[person + 1]]
    end_costs = flat.end_costs[flat.end_of[person] : flat.end_of[person + 1]]
    cost = best_ends(ends, end_costs, start, options, to, room, values)
    count = best_path(ends, start, options, to, room, values, path)
    held[:] = 0
    first = flat.option_of[person]
    for at in range(count):
        option = first + path[at]
        for place in range(flat.slot_start[option], flat.slot_start[option + 1]):
            held[flat.option_slots[place]] = 1
    return cost


@njit(cache=True, nogil=True)
def total_of(flat, window, held):
    """The sum of a window over the duties held."""
    total = 0
    for at in range(flat.window_slot_of[window], flat.window_slot_of[window + 1]):
        if held[flat.window_slots[at]]:
            total += flat.window_adds[at]
    return total


@njit(cache=True, nogil=True)
def raise_prices(flat, person, held, step, prices):
    """Raise the prices of the windows that ``held`` breaks; how many are broken."""
    broken = 0
    for window in range(flat.window_of[person], flat.window_of[person + 1]):
        if flat.window_table_of[window] >= 0:
            continue
        total = total_of(flat, window, held)
        move = 0.0
        if flat.window_maximum[window] >= 0 and total > flat.window_maximum[window]:
            move = step * (total - flat.window_maximum[window])
        elif total < flat.window_minimum[window]:
            move = step * (total - flat.window_minimum[window])
        if move != 0.0:
            broken += 1
            for at in range(flat.window_slot_of[window], flat.window_slot_of[window + 1]):
                prices[flat.window_slots[at]] += move * (0.5 + np.random.random())
    return broken


@njit(cache=True, nogil=True)
def person_cost(flat, person, held, end_cost):
    """What a person's duties cost. ``end_cost``: the shares that the graph itself counts."""
    cost = flat.fixed[person] + end_cost
    for slot in range(held.shape[0]):
        if held[slot]:
            cost += flat.hold[person, slot]
    for window in range(flat.window_of[person], flat.window_of[person + 1]):
        if flat.window_table_of[window] >= 0:
            total = total_of(flat, window, held)
            cost += flat.window_tables[flat.window_table_of[window], total]
    return cost


@njit(cache=True, nogil=True)
def lean(flat, person, before, prices):
    """Add to prices what each duty changes of the shares left out, at the totals held before."""
    for window in range(flat.window_of[person], flat.window_of[person + 1]):
        table = flat.window_table_of[window]
        if table < 0:
            continue
        total = total_of(flat, window, before)
        last = flat.window_tables.shape[1] - 1
        low, high = max(total - 1, 0), min(total + 1, last)
        slope = (flat.window_tables[table, high] - flat.window_tables[table, low]) / 2.0
        for at in range(flat.window_slot_of[window], flat.window_slot_of[window + 1]):
            prices[flat.window_slots[at]] += slope * flat.window_adds[at]


@njit(cache=True, nogil=True)
def prices_given(flat, person, count, noise, prices):
    """What holding each duty costs a person, ``count`` others holding it."""
    for slot in range(count.shape[0]):
        price = flat.hold[person, slot]
        if not flat.pinned[person, slot]:
            if count[slot] < flat.required[slot]:
                price -= flat.under[slot]
            elif flat.can_exceed[slot]:
                price += flat.over[slot]
            else:
                price += NEVER
        if noise > 0.0:
            price += noise * (np.random.random() - 0.5)
        prices[slot] = price


@njit(cache=True, nogil=True)
def reroster(flat, person, count, noise, before, prices, room, values, path, held):
    """A best roster of a person given how many others hold each duty; -1 when none was found.

    Exact without noise where the graph is; where windows are left out, their prices are raised
    until none is broken. Returns the person's cost, and leaves the duties in ``held``.
    """
    prices_given(flat, person, count, noise, prices)
    lean(flat, person, before, prices)
    spread = 1.0
    for slot in range(count.shape[0]):
        if abs(prices[slot]) < NEVER / 2:
            spread = max(spread, abs(prices[slot]))
    step = spread * 0.3
    for _ in range(TRIES):
        cheapest(flat, person, prices, room, values, path, held)
        if raise_prices(flat, person, held, step, prices) == 0:
            for slot in range(count.shape[0]):
                full = not flat.can_exceed[slot] and count[slot] >= flat.required[slot]
                if full and held[slot] and not flat.pinned[person, slot]:
                    return False
            return True
        step *= 1.3
    return False


@njit(cache=True, nogil=True)
def end_cost_of(flat, person, values, path, room):
    """The cost at the end of the path last walked: what its options do not explain."""
    node = flat.node_of[person + 1] - flat.node_of[person] - 2
    cost = values[node]
    at = 0
    ends = flat.ends[person]
    base = flat.node_of[person]
    arcs = flat.arc_of[person]
    while node >= ends:
        for arc in range(flat.start[base + node], flat.start[base + node + 1]):
            if flat.options[arcs + arc] == path[at]:
                node = flat.to[arcs + arc]
                break
        at += 1
    return cost * 0.0 + flat.end_costs[flat.end_of[person] + node]


@njit(cache=True, nogil=True)
def demand_cost(flat, count):
    """What missing and spare people cost."""
    total = 0.0
    for slot in range(count.shape[0]):
        total += _cost_at(flat, slot, count[slot])
    return total


@njit(cache=True, nogil=True, inline="always")
def _cost_at(flat, slot, count):
    if count < flat.required[slot]:
        return flat.under[slot] * (flat.required[slot] - count)
    return flat.over[slot] * (count - flat.required[slot])


@njit(cache=True, nogil=True)
def _remove(flat, held, count):
    """Take a person's duties away; how the cost of demand changes."""
    change = 0.0
    for slot in range(count.shape[0]):
        if held[slot]:
            change -= _cost_at(flat, slot, count[slot])
            count[slot] -= 1
            change += _cost_at(flat, slot, count[slot])
    return change


@njit(cache=True, nogil=True)
def _add(flat, held, count):
    change = 0.0
    for slot in range(count.shape[0]):
        if held[slot]:
            change -= _cost_at(flat, slot, count[slot])
            count[slot] += 1
            change += _cost_at(flat, slot, count[slot])
    return change


@njit(cache=True, nogil=True)
def _choose(flat, held, count, wanted, free, chosen):
    """Some distinct people, half of the time around a duty that costs something; how many."""
    people, slots = held.shape
    found = 0
    if np.random.random() < 0.5:
        slot = np.random.randint(slots)
        for _ in range(slots):
            if _cost_at(flat, slot, count[slot]) > 0:
                break
            slot = (slot + 1) % slots
        short = count[slot] < flat.required[slot]
        person = np.random.randint(people)
        for _ in range(people):
            person = (person + 1) % people
            if free[person] and held[person, slot] != short and np.random.random() < 0.7:
                chosen[0] = person
                found = 1
                break
    for _ in range(4 * wanted):
        if found >= wanted:
            break
        person = np.random.randint(people)
        if not free[person]:
            continue
        new = True
        for at in range(found):
            if chosen[at] == person:
                new = False
        if new:
            chosen[found] = person
            found += 1
    return found


@njit(cache=True, nogil=True)
def anneal(flat, held, costs, free, seed, moves, hot, cold, noise, group, best, stop):
    """Ruin and recreate: some people's duties are taken away and given anew, one by one.

    ``held`` (people by slots) and ``costs`` (of each person) are changed in place; ``best`` becomes
    the best roster met. Worse rosters are accepted as in annealing, from temperature ``hot`` down
    to ``cold``. Ends after ``moves``, or when ``stop[0]`` is set. Returns the cost of ``best``.
    """
    np.random.seed(seed)
    people, slots = held.shape
    count = np.zeros(slots, dtype=np.int64)
    for person in range(people):
        _add(flat, held[person], count)
    total = demand_cost(flat, count) + costs.sum()
    best[:] = held
    least = total
    values = np.empty(np.diff(flat.node_of).max())
    room = np.empty(np.diff(flat.option_of).max())
    prices, path = np.empty(slots), np.empty(room.shape[0] + 1, dtype=np.int64)
    chosen = np.empty(group, dtype=np.int64)
    saved, new_costs = np.empty((group, slots), dtype=np.uint8), np.empty(group)
    for move in range(moves):
        if stop[0] != 0:
            break
        heat = hot * (cold / hot) ** (move / moves)
        wanted = _choose(flat, held, count, 1 + np.random.randint(group), free, chosen)
        change = 0.0
        for at in range(wanted):
            saved[at] = held[chosen[at]]
            change += _remove(flat, held[chosen[at]], count) - costs[chosen[at]]
        done = 0
        loud = noise * heat if np.random.random() < 0.5 else 0.0
        for at in range(wanted):
            person = chosen[at]
            if not reroster(
                flat, person, count, loud, saved[at], prices, room, values, path, held[person]
            ):
                held[person] = saved[at]
                change = np.inf
                break
            end = end_cost_of(flat, person, values, path, room)
            new_costs[at] = person_cost(flat, person, held[person], end)
            change += _add(flat, held[person], count) + new_costs[at]
            done += 1
        if change <= 0 or change < -heat * np.log(np.random.random()):
            total += change
            for at in range(wanted):
                costs[chosen[at]] = new_costs[at]
            if total < least - 1e-9:
                least = total
                best[:] = held
        else:
            for at in range(done):
                _remove(flat, held[chosen[at]], count)
            for at in range(wanted):
                held[chosen[at]] = saved[at]
                _add(flat, saved[at], count)
    return least


@njit(cache=True, nogil=True)
def price_people(flat, people, prices, costs, held):
    """The cheapest path of each of these people for their row of ``prices``.

    ``costs`` and ``held`` get one row by person, in the order of ``people``; fixed costs are left
    out. Exact for the graphs, whatever windows they leave out.
    """
    widest = 0
    most_options = 0
    for at in range(people.shape[0]):
        person = people[at]
        widest = max(widest, flat.node_of[person + 1] - flat.node_of[person])
        most_options = max(most_options, flat.option_of[person + 1] - flat.option_of[person])
    values, room = np.empty(widest), np.empty(most_options)
    path = np.empty(most_options + 1, dtype=np.int64)
    for at in range(people.shape[0]):
        costs[at] = cheapest(flat, people[at], prices[at], room, values, path, held[at])
