/* The two rules that take most of a week, in C: what the compiled rules are held against (see test_against_c.py).

   `attend` is `abm.week.week.attend` for all who have come; `choose_together` is that of `abm.week.considering`,
   without rules of one's own.  Both leave the same bits as the Python rules: every sum and product is rounded as it is
   there, so that nothing may be contracted or reordered (-ffp-contract=off, no fast-math).  What is written in another
   way here has the same value, because it is arithmetic on whole numbers or because no rounding takes place.

   Households are taken in blocks, and a rule is a row of short loops over a block: each has entries of one width, so
   that a compiler makes it work on several households at a time, and is so short that a processor has many of them
   under way.  In one long loop it waits for one polynomial after the other. */

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef WEEK
#define WEEK int16_t
#endif
#ifndef SMALL
#define SMALL uint8_t
#endif

typedef WEEK week_t;   /* columns of weeks, and of origins */
typedef SMALL small_t; /* columns of stages, other codes and persons */

enum { BLOCK = 256 }; /* the bench has as many places */

enum stage {
    ABSENT, AWAITING, REFUSED, EXHAUSTED, ABSCONDED, BOOKED, PROTECTED, SETTLED,
    RETURNED_ASSISTED, RETURNED_UNASSISTED, REMOVED
};
enum housing { HOTEL };
enum notice { CONSIDERS = 1, FATE = 2, SUPPORT_ENDS = 4, MOVES = 8, DEPARTS = 16 };
enum choice { STAY, ASSISTED_RETURN, UNASSISTED_RETURN, GO_IRREGULAR };
enum purpose {
    NEWS = 32, CONSIDER = 33, FATED = 35, MOVE = 36,
    SHOCK_STAY = 54, SHOCK_ASSISTED = 55, SHOCK_UNASSISTED = 56, SHOCK_IRREGULAR = 57
};

/* ---- arithmetic and draws ---------------------------------------------------------------------- */

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)
#define ONE_BITS UINT64_C(0x3FF0000000000000)
#define MANTISSA UINT64_C(0x000FFFFFFFFFFFFF)
#define ROOT_HALF_BITS UINT64_C(0x3FE6A09E00000000)
#define SIGN (UINT64_C(1) << 63)

/* A whole number added to this stands in the low bits; in that way it is converted without a conversion, which not
   every processor has for several numbers at a time. */
#define WHOLE 0x1.8p52
#define WHOLE_BITS UINT64_C(0x4338000000000000)

static inline uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* `abm.numerics.arithmetic.exp` of a block. */
static void exponentials(size_t n, const double *restrict given, double *restrict found) {
    double shifted[BLOCK], rest[BLOCK], half[BLOCK];
    for (size_t i = 0; i < n; i++) {
        double x = given[i];
        x = x > 700.0 ? 700.0 : x;
        x = x < -700.0 ? -700.0 : x;
        shifted[i] = x * 1.4426950408889634 + WHOLE; /* the nearest whole number, in its low bits */
        double whole = shifted[i] - WHOLE;
        rest[i] = (x - whole * 0.6931471803691238) - whole * 1.9082149292705877e-10;
    }
    for (size_t i = 0; i < n; i++) {
        double r = rest[i], q = 2.505210838544172e-08;
        q = q * r + 2.755731922398589e-07;
        q = q * r + 2.7557319223985893e-06;
        q = q * r + 2.48015873015873e-05;
        q = q * r + 1.984126984126984e-04;
        half[i] = q;
    }
    for (size_t i = 0; i < n; i++) {
        double r = rest[i], q = half[i];
        q = q * r + 1.388888888888889e-03;
        q = q * r + 8.333333333333333e-03;
        q = q * r + 4.1666666666666664e-02;
        q = q * r + 0.16666666666666666;
        q = q * r + 0.5;
        found[i] = (q * r * r + r + 1.0) * from_bits((bits_of(shifted[i]) + 1023) << 52);
    }
}

/* `abm.numerics.arithmetic.log`. */
static inline double logarithm(double x) {
    uint64_t above = bits_of(x) - ROOT_HALF_BITS;
    double whole = from_bits(((above ^ SIGN) >> 52) | WHOLE_BITS) - (WHOLE + 2048.0);
    double f = from_bits((above & MANTISSA) + ROOT_HALF_BITS) - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double r = 1.479819860511658591e-01;
    r = r * z + 1.531383769920937332e-01;
    r = r * z + 1.818357216161805012e-01;
    r = r * z + 2.222219843214978396e-01;
    r = r * z + 2.857142874366239149e-01;
    r = r * z + 3.999999999940941908e-01;
    r = r * z + 6.666666666666735130e-01;
    r = r * z;
    double h = 0.5 * f * f;
    return whole * 0.6931471805599453 + (f - (h - s * (h + r)));
}

/* The coordinates of a draw are (household << 24 | week << 8 | purpose) * GOLDEN + key: the household's part serves all
   its draws of a week, and the rest is the same for all households. */
static inline uint64_t of_household(double identity) {
    return (bits_of(identity + 0x1p52) - bits_of(0x1p52)) * (GOLDEN << 24);
}

static inline uint64_t of_draw(uint64_t key, int64_t week, enum purpose purpose) {
    return (((uint64_t)week & 0xFFFF) << 8 | purpose) * GOLDEN + key;
}

static inline uint64_t stirred(uint64_t z) { /* SplitMix64's finaliser but for its last step */
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    return (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
}

static inline uint64_t hashed(uint64_t key, uint64_t coordinates) { /* the same, of the hash */
    uint64_t z = stirred(coordinates);
    return stirred(z ^ (z >> 31) ^ key);
}

static inline double uniform(uint64_t key, uint64_t coordinates) {
    uint64_t z = hashed(key, coordinates);
    return (from_bits((z ^ (z >> 31)) >> 12 | ONE_BITS) - 1.0) + 0x1p-53;
}

/* Whether a uniform number is below a chance, in whole numbers: it is (2 k + 1) / 2^53, k being the 52 highest bits of
   the hash. */
static uint64_t bound_of(double chance) {
    double numbers = ceil(chance * 0x1p52 - 0.5); /* so many are below it */
    return numbers <= 0.0 ? 0 : numbers >= 0x1p52 ? UINT64_MAX : (uint64_t)numbers << 12;
}

static inline int is_below(uint64_t bound, uint64_t key, uint64_t coordinates) {
    uint64_t z = hashed(key, coordinates);
    return ((z ^ (z >> 31)) & ~UINT64_C(0xFFF)) < bound;
}

/* ---- attention and beliefs --------------------------------------------------------------------- */

/* The fields of `abm.household.beliefs.Attention`. */
struct attention {
    double consider, alert_closing, alert_memory, learning_safety, list_trust, learning_removal;
};

/* What the weekly chances of what nobody chooses are made of. */
struct chances {
    double regularised, detected, onward, hotel_exit, returning, returning_unsafe, unsafe_below;
};

struct households {
    const double *id;
    const small_t *abroad, *stage, *children, *housing;
    const week_t *origin, *support_end, *departs_at, *closing;
    double *safety, *removal, *alert;
    small_t *notice;
};

/* What is known of a household before any of its numbers is looked at, a bit each. */
enum sign {
    IS_REFUSED = 1, IS_EXHAUSTED = 2, IS_ABSCONDED = 4, WENT_HOME = 8, CHOOSES = 16, FOLLOWS_NEWS = 32,
    CLOSING_SOON = 64, HAS_CHILDREN = 128
};

/* What is the same for all households in a week. */
struct of_week {
    uint64_t key, news, considers, fated, move;
    uint64_t refused, exhausted, absconded, returned, returned_unsafe, moved; /* bounds of the weekly chances */
    double unsafe_below, single, family;
    int32_t week;
};

static inline double smaller(double x, double y) { return x < y ? x : y; }

/* `abm.numerics.arithmetic.normal_quantile` as (√2 x) · c(w): c where w is below five, ... */
static inline double near_half(double w) {
    double a = w - 2.5;
    double c = 2.81022636e-08;
    c = 3.43273939e-07 + c * a;
    c = -3.5233877e-06 + c * a;
    c = -4.39150654e-06 + c * a;
    c = 0.00021858087 + c * a;
    c = -0.00125372503 + c * a;
    c = -0.00417768164 + c * a;
    c = 0.246640727 + c * a;
    return 1.50140941 + c * a;
}

/* ... and elsewhere: one number in three hundred. */
static double far_out(double w) {
    double a = sqrt(w) - 3.0;
    double c = -0.000200214257;
    c = 0.000100950558 + c * a;
    c = 0.00134934322 + c * a;
    c = -0.00367342844 + c * a;
    c = 0.00573950773 + c * a;
    c = -0.0076224613 + c * a;
    c = 0.00943887047 + c * a;
    c = 1.00167406 + c * a;
    return 2.83297682 + c * a;
}

/* What is known of each before any of its numbers is looked at; and what was set down for this week. */
static void look(size_t n, int32_t week, const small_t *restrict stage, const small_t *restrict children,
                 const week_t *restrict support_end, const week_t *restrict departs_at, const week_t *restrict closing,
                 uint64_t *restrict signs, uint8_t *restrict due) {
    uint8_t narrow[BLOCK];
    for (size_t i = 0; i < n; i++) {
        small_t here = stage[i];
        int home = (here >= RETURNED_ASSISTED) & (here <= RETURNED_UNASSISTED);
        int chooses = ((here >= AWAITING) & (here <= ABSCONDED)) | (here == PROTECTED);
        int follows = (here >= AWAITING) & (here <= PROTECTED);
        narrow[i] = (uint8_t)((here == REFUSED) * IS_REFUSED | (here == EXHAUSTED) * IS_EXHAUSTED |
                              (here == ABSCONDED) * IS_ABSCONDED | home * WENT_HOME | chooses * CHOOSES |
                              follows * FOLLOWS_NEWS | (children[i] > 0) * HAS_CHILDREN);
    }
    for (size_t i = 0; i < n; i++) {
        int soon = (closing[i] > week) & (closing[i] <= week + 2);
        int ends = (stage[i] == EXHAUSTED) & (support_end[i] <= week);
        int departs = (stage[i] == BOOKED) & (departs_at[i] <= week);
        narrow[i] = (uint8_t)(narrow[i] | soon * CLOSING_SOON);
        due[i] = (uint8_t)(ends * SUPPORT_ENDS | departs * DEPARTS);
    }
    for (size_t i = 0; i < n; i++)
        signs[i] = narrow[i];
}

/* How safe home is for each, how much the list adds to the belief in it, and how much noise is in its news. */
static void look_home(size_t n, const double *restrict true_safety, const double *restrict on_list, double list_trust,
                      const double *restrict noise_by_ties, const week_t *restrict origin,
                      const small_t *restrict abroad, double *restrict truth, double *restrict trusted,
                      double *restrict noise) {
    for (size_t i = 0; i < n; i++)
        truth[i] = true_safety[origin[i]];
    for (size_t i = 0; i < n; i++)
        trusted[i] = list_trust * on_list[origin[i]];
    for (size_t i = 0; i < n; i++)
        noise[i] = noise_by_ties[abroad[i]];
}

/* The noise of each household's news, a standard normal number: √2 x times its shape. */
static void draw_news(size_t n, uint64_t key, uint64_t news, const uint64_t *restrict who, double *restrict x,
                      double *restrict shape) {
    double w[BLOCK];
    uint64_t far = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] = 2.0 * uniform(key, who[i] + news) - 1.0;
        w[i] = (1.0 - x[i]) * (1.0 + x[i]);
    }
    for (size_t i = 0; i < n; i++) {
        w[i] = -logarithm(w[i]);
        far += w[i] < 5.0 ? 0 : 1;
    }
    for (size_t i = 0; i < n; i++)
        shape[i] = near_half(w[i]);
    if (far)
        for (size_t i = 0; i < n; i++)
            if (!(w[i] < 5.0)) {
                const double last = 2.0 * (1.0 - 6e-8) - 1.0; /* only here can a number be too near to 0 or 1 */
                x[i] = x[i] < 2.0 * 6e-8 - 1.0 ? 2.0 * 6e-8 - 1.0 : x[i] > last ? last : x[i];
                shape[i] = far_out(-logarithm((1.0 - x[i]) * (1.0 + x[i])));
            }
}

static void attend_block(const struct attention *attention, const struct of_week *of_week, size_t n,
                         const double *restrict id, const uint64_t *restrict signs, const uint8_t *restrict due,
                         const double *restrict truth, const double *restrict trusted, const double *restrict noise,
                         double *restrict safety, double *restrict removal, double *restrict alert,
                         small_t *restrict notice) {
    const struct attention b = *attention;
    const struct of_week o = *of_week;
    const double inattention = 1.0 - b.consider, inattention_at_close = 1.0 - b.alert_closing;
    uint64_t who[BLOCK], events[BLOCK];
    double x[BLOCK], shape[BLOCK];

    for (size_t i = 0; i < n; i++)
        who[i] = of_household(id[i]);
    for (size_t i = 0; i < n; i++) { /* does it consider its situation? */
        double closing = signs[i] & CLOSING_SOON ? inattention_at_close : 1.0;
        double chance = 1.0 - inattention * (1.0 - alert[i]) * closing;
        uint64_t considers = uniform(o.key, who[i] + o.considers) < chance ? signs[i] & CHOOSES : 0;
        events[i] = considers / (CHOOSES / CONSIDERS);
        alert[i] = alert[i] * b.alert_memory;
    }
    for (size_t i = 0; i < n; i++) { /* does anything befall it that nobody chooses? and: removals that it sees */
        uint64_t bound = signs[i] & IS_EXHAUSTED ? o.exhausted : 0;
        bound = signs[i] & IS_ABSCONDED ? o.absconded : bound;
        bound = signs[i] & IS_REFUSED ? o.refused : bound;
        bound = signs[i] & WENT_HOME ? (truth[i] < o.unsafe_below ? o.returned_unsafe : o.returned) : bound;
        events[i] |= is_below(bound, o.key, who[i] + o.fated) ? FATE : 0;
        double seen = signs[i] & HAS_CHILDREN ? o.family : o.single;
        double moved = removal[i] + b.learning_removal * (seen - removal[i]);
        removal[i] = signs[i] & FOLLOWS_NEWS ? moved : removal[i];
    }
    for (size_t i = 0; i < n; i++)
        notice[i] = (small_t)(due[i] | events[i]);

    draw_news(n, o.key, o.news, who, x, shape);
    for (size_t i = 0; i < n; i++) { /* what it believes of safety at home */
        double believed = safety[i];
        double signal = truth[i] + noise[i] * (1.4142135623730951 * x[i] * shape[i]);
        double moved = believed + b.learning_safety * (signal - believed);
        moved = moved + trusted[i] * (1.0 - moved);
        moved = moved > 1.0 ? 1.0 : moved;
        moved = moved < 0.0 ? 0.0 : moved;
        safety[i] = signs[i] & FOLLOWS_NEWS ? moved : believed;
    }
}

/* Some are moved out of hotels. */
static void leave_hotels(size_t n, const struct of_week *of_week, const double *restrict id,
                         const small_t *restrict stage, const small_t *restrict housing, small_t *restrict notice) {
    const struct of_week o = *of_week;
    uint64_t moves[BLOCK];
    for (size_t i = 0; i < n; i++)
        moves[i] = is_below(o.moved, o.key, of_household(id[i]) + o.move) ? MOVES : 0;
    for (size_t i = 0; i < n; i++) {
        int open = ((stage[i] >= AWAITING) & (stage[i] <= EXHAUSTED)) | (stage[i] == BOOKED);
        notice[i] = (small_t)(notice[i] | (open & (housing[i] == HOTEL) ? moves[i] : 0));
    }
}

/* A week's news and attention for the first `rows` households.

   truth        true safety of each origin in this week
   listed       1 for each origin that is on the safe list
   credibility  seen chance of removal within a year: no children, children
   noise        standard deviation of a week's news on safety, by ties abroad */
static void attend(uint64_t key, int64_t week, const struct attention *b, const struct chances *x,
                   const struct households *s, size_t rows, const double *truth, const double *listed,
                   const double *credibility, const double *noise) {
    const struct of_week o = {
        .key = key,
        .news = of_draw(key, week, NEWS),
        .considers = of_draw(key, week, CONSIDER),
        .fated = of_draw(key, week, FATED),
        .move = of_draw(key, week, MOVE),
        .refused = bound_of(x->onward),
        .exhausted = bound_of(smaller(1.0, x->regularised + x->onward)),
        .absconded = bound_of(smaller(1.0, x->regularised + x->detected)),
        .returned = bound_of(x->returning),
        .returned_unsafe = bound_of(x->returning_unsafe),
        .moved = bound_of(x->hotel_exit),
        .unsafe_below = x->unsafe_below,
        .single = credibility[0],
        .family = credibility[1],
        .week = (int32_t)week,
    };
    uint64_t signs[BLOCK];
    uint8_t due[BLOCK];
    double home[BLOCK], trusted[BLOCK], spread[BLOCK];
    for (size_t at = 0; at < rows; at += BLOCK) {
        size_t n = rows - at < BLOCK ? rows - at : BLOCK;
        look(n, o.week, s->stage + at, s->children + at, s->support_end + at, s->departs_at + at, s->closing + at,
             signs, due);
        look_home(n, truth, listed, b->list_trust, noise, s->origin + at, s->abroad + at, home, trusted, spread);
        attend_block(b, &o, n, s->id + at, signs, due, home, trusted, spread, s->safety + at, s->removal + at,
                     s->alert + at, s->notice + at);
        if (x->hotel_exit > 0.0)
            leave_hotels(n, &o, s->id + at, s->stage + at, s->housing + at, s->notice + at);
    }
}

/* The same in each of the weeks first ... last - 1; `truth` and `listed` have a row of origins a week. */
void attended(uint64_t key, int64_t first, int64_t last, const struct attention *b, const struct chances *x,
              const struct households *s, size_t rows, const double *truth, const double *listed, size_t origins,
              const double *credibility, const double *noise) {
    for (int64_t week = first; week < last; week++) {
        size_t at = (size_t)week * origins;
        attend(key, week, b, x, s, rows, truth + at, listed + at, credibility, noise);
    }
}

/* ---- the decision ------------------------------------------------------------------------------ */

/* Coefficients of `abm.inputs.behaviour.Behaviour`, in the order in which `abm.household.decision.terms` reads them. */
struct coefficients {
    double assisted, money, anticipation, unassisted, origin, safety, home_income, norm, host_ties, ties_years, school,
        hope, hotel, lost_support_return, removal_risk, irregular, removal_risk_irregular, lost_support_irregular,
        irregular_children;
};

/* The bench: a row a field of `abm.household.decision.Circumstances`, then a row an `abm.arrays.state.Seat`. */
struct bench {
    double cash_now[BLOCK], cash_later[BLOCK], income[BLOCK], safety[BLOCK], safety_before[BLOCK], origin[BLOCK],
        peers_left[BLOCK], years_here[BLOCK], at_school[BLOCK], hope[BLOCK], in_hotel[BLOCK], lost_support[BLOCK],
        removal[BLOCK], has_children[BLOCK], taste_return[BLOCK], taste_irregular[BLOCK];
    double row[BLOCK], household[BLOCK], stage[BLOCK], offered[BLOCK]; /* and others, not read here */
};

/* The errors of one way out: exponential numbers of mean one, with the sign turned. */
static void draw_errors(size_t n, uint64_t key, uint64_t way, const uint64_t *restrict who, double *restrict error) {
    for (size_t p = 0; p < n; p++)
        error[p] = uniform(key, who[p] + way);
    for (size_t p = 0; p < n; p++)
        error[p] = logarithm(error[p]);
}

/* The utility of each way out, with the sign turned. */
static void weigh(size_t n, const struct coefficients *coefficients, const struct bench *restrict seats,
                  double *restrict assisted, double *restrict unassisted, double *restrict irregular) {
    const struct coefficients b = *coefficients;
    double income[BLOCK], now[BLOCK], later[BLOCK], years[BLOCK], away[BLOCK];
    for (size_t p = 0; p < n; p++) {
        income[p] = seats->income[p] / 2000.0;
        now[p] = 1.0 + seats->cash_now[p] / seats->income[p];
        later[p] = 1.0 + seats->cash_later[p] / seats->income[p];
        years[p] = -seats->years_here[p] / b.ties_years;
    }
    for (size_t p = 0; p < n; p++)
        income[p] = logarithm(income[p]);
    for (size_t p = 0; p < n; p++)
        now[p] = logarithm(now[p]);
    for (size_t p = 0; p < n; p++)
        later[p] = logarithm(later[p]);
    exponentials(n, years, away);
    for (size_t p = 0; p < n; p++) {
        double home = b.origin * seats->origin[p] + b.safety * (seats->safety[p] - seats->safety_before[p]) +
                      b.home_income * income[p] + b.norm * seats->peers_left[p];
        double here = -b.host_ties * (1.0 - away[p]) + -b.school * seats->at_school[p] + -b.hope * seats->hope[p] +
                      b.hotel * seats->in_hotel[p] + b.lost_support_return * seats->lost_support[p];
        double returning = home + here + b.removal_risk * seats->removal[p] + seats->taste_return[p];
        assisted[p] = -(b.assisted + b.money * now[p] + -b.anticipation * (b.money * later[p]) + returning);
        unassisted[p] = -(b.unassisted + returning);
        irregular[p] = -(b.irregular + b.removal_risk_irregular * seats->removal[p] +
                         b.lost_support_irregular * seats->lost_support[p] +
                         -b.irregular_children * seats->has_children[p] + seats->taste_irregular[p]);
    }
}

/* Those on the bench choose: into the column `choice`. */
static void choose_together(uint64_t key, int64_t week, const struct coefficients *b,
                            const struct bench *restrict seats, size_t places, small_t *restrict choice) {
    double utility[3][BLOCK], odds[3][BLOCK], error[4][BLOCK];
    uint64_t who[BLOCK], chosen[BLOCK];
    for (size_t p = 0; p < places; p++)
        who[p] = of_household(seats->household[p]);
    for (int way = STAY; way <= GO_IRREGULAR; way++)
        draw_errors(places, key, of_draw(key, week, SHOCK_STAY + (enum purpose)way), who, error[way]);
    weigh(places, b, seats, utility[0], utility[1], utility[2]);
    for (int way = 0; way < 3; way++)
        exponentials(places, utility[way], odds[way]);
    for (size_t p = 0; p < places; p++) {
        uint64_t found = STAY;
        double stage = seats->stage[p], first = -error[STAY][p];
        int open = ((stage >= AWAITING) & (stage <= EXHAUSTED)) | (stage == BOOKED);
        double reached = -error[ASSISTED_RETURN][p] * odds[0][p];
        int is_first = (seats->offered[p] > 0.0) & (reached < first);
        found = is_first ? ASSISTED_RETURN : found;
        first = is_first ? reached : first;
        reached = -error[UNASSISTED_RETURN][p] * odds[1][p];
        found = reached < first ? UNASSISTED_RETURN : found;
        first = reached < first ? reached : first;
        reached = -error[GO_IRREGULAR][p] * odds[2][p];
        chosen[p] = open & (reached < first) ? GO_IRREGULAR : found;
    }
    for (size_t p = 0; p < places; p++)
        choice[(size_t)seats->row[p]] = (small_t)chosen[p];
}

/* The same in each of the weeks first ... last - 1. */
void chosen(uint64_t key, int64_t first, int64_t last, const struct coefficients *b, const struct bench *seats,
            size_t places, small_t *choice) {
    for (int64_t week = first; week < last; week++)
        choose_together(key, week, b, seats, places, choice);
}
