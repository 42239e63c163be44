"""Standard fuels: what lies and grows on the ground, as numbers that Rothermel's model takes.

Models 1 to 13: Albini, "Estimating wildfire behavior and effects", GTR INT-30, 1976, as Anderson lists them (GTR
INT-122, 1982, table 1). Models 101 to 204: Scott and Burgan, "Standard fire behavior fuel models", RMRS-GTR-153, 2005,
table 7. Both were held against the tables in the source of the USDA Fire Lab's Behave (github.com/firelab/behave,
src/behave/fuelModels.cpp, public domain), number by number.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FuelModel:
    """A standard fuel. Loads in tons an acre, depth in feet, extinction moisture as a share, SAV in 1/ft, as published.

    ``loads``: dead 1 h, 10 h, 100 h, live herbs, live wood. ``sav``: surface to volume of the dead 1 h class, of live
    herbs and of live wood. ``heat``: Btu/lb. ``dynamic``: herbs dry with their moisture and burn as dead fuel then.
    """

    name: str
    loads: tuple[float, float, float, float, float]
    depth: float
    extinction: float
    sav: tuple[float, float, float]
    heat: float = 8000.0
    dynamic: bool = False


def _rows(table: str) -> dict[int, FuelModel]:
    """Fuel models of lines 'number | name | five loads | depth | extinction % | three SAVs | heat | S or D'."""
    models: dict[int, FuelModel] = {}
    for line in table.strip().splitlines():
        number, name, loads, depth, extinction, sav, heat, kind = (part.strip() for part in line.split("|"))
        one, ten, hundred, herb, wood = (float(v) for v in loads.split())
        fine, herb_sav, wood_sav = (float(v) for v in sav.split())
        models[int(number)] = FuelModel(
            name,
            (one, ten, hundred, herb, wood),
            float(depth),
            float(extinction) / 100.0,
            (fine, herb_sav, wood_sav),
            float(heat),
            kind == "D",
        )
    return models


FUEL_MODELS: dict[int, FuelModel] = _rows("""
1 | short grass | 0.74 0 0 0 0 | 1.0 | 12 | 3500 1500 1500 | 8000 | S
2 | timber with grass | 2.00 1.00 0.50 0.50 0 | 1.0 | 15 | 3000 1500 1500 | 8000 | S
3 | tall grass | 3.01 0 0 0 0 | 2.5 | 25 | 1500 1500 1500 | 8000 | S
4 | chaparral | 5.01 4.01 2.00 0 5.01 | 6.0 | 20 | 2000 1500 1500 | 8000 | S
5 | brush | 1.00 0.50 0 0 2.00 | 2.0 | 20 | 2000 1500 1500 | 8000 | S
6 | dormant brush | 1.50 2.50 2.00 0 0 | 2.5 | 25 | 1750 1500 1500 | 8000 | S
7 | southern rough | 1.13 1.87 1.50 0 0.37 | 2.5 | 40 | 1750 1550 1550 | 8000 | S
8 | closed timber litter | 1.50 1.00 2.50 0 0 | 0.2 | 30 | 2000 1500 1500 | 8000 | S
9 | hardwood litter | 2.92 0.41 0.15 0 0 | 0.2 | 25 | 2500 1500 1500 | 8000 | S
10 | timber with litter and understory | 3.01 2.00 5.01 0 2.00 | 1.0 | 25 | 2000 1500 1500 | 8000 | S
11 | light slash | 1.50 4.51 5.51 0 0 | 1.0 | 15 | 1500 1500 1500 | 8000 | S
12 | medium slash | 4.01 14.03 16.53 0 0 | 2.3 | 20 | 1500 1500 1500 | 8000 | S
13 | heavy slash | 7.01 23.04 28.05 0 0 | 3.0 | 25 | 1500 1500 1500 | 8000 | S
101 | GR1 short, sparse, dry climate grass | 0.10 0 0 0.30 0 | 0.4 | 15 | 2200 2000 1500 | 8000 | D
102 | GR2 low load, dry climate grass | 0.10 0 0 1.0 0 | 1.0 | 15 | 2000 1800 1500 | 8000 | D
103 | GR3 low load, coarse, humid climate grass | 0.10 0.40 0 1.50 0 | 2.0 | 30 | 1500 1300 1500 | 8000 | D
104 | GR4 moderate load, dry climate grass | 0.25 0 0 1.9 0 | 2.0 | 15 | 2000 1800 1500 | 8000 | D
105 | GR5 low load, humid climate grass | 0.40 0 0 2.50 0 | 1.5 | 40 | 1800 1600 1500 | 8000 | D
106 | GR6 moderate load, humid climate grass | 0.10 0 0 3.4 0 | 1.5 | 40 | 2200 2000 1500 | 9000 | D
107 | GR7 high load, dry climate grass | 1.0 0 0 5.4 0 | 3.0 | 15 | 2000 1800 1500 | 8000 | D
108 | GR8 high load, coarse, humid climate grass | 0.5 1.0 0 7.3 0 | 4.0 | 30 | 1500 1300 1500 | 8000 | D
109 | GR9 very high load, humid climate grass | 1.0 1.0 0 9.0 0 | 5.0 | 40 | 1800 1600 1500 | 8000 | D
121 | GS1 low load, dry climate grass-shrub | 0.2 0 0 0.5 0.65 | 0.9 | 15 | 2000 1800 1800 | 8000 | D
122 | GS2 moderate load, dry climate grass-shrub | 0.5 0.5 0 0.6 1.0 | 1.5 | 15 | 2000 1800 1800 | 8000 | D
123 | GS3 moderate load, humid climate grass-shrub | 0.3 0.25 0 1.45 1.25 | 1.8 | 40 | 1800 1600 1600 | 8000 | D
124 | GS4 high load, humid climate grass-shrub | 1.9 0.3 0.1 3.4 7.1 | 2.1 | 40 | 1800 1600 1600 | 8000 | D
141 | SH1 low load, dry climate shrub | 0.25 0.25 0 0.15 1.3 | 1.0 | 15 | 2000 1800 1600 | 8000 | D
142 | SH2 moderate load, dry climate shrub | 1.35 2.4 0.75 0 3.85 | 1.0 | 15 | 2000 1800 1600 | 8000 | S
143 | SH3 moderate load, humid climate shrub | 0.45 3.0 0 0 6.2 | 2.4 | 40 | 1600 1800 1400 | 8000 | S
144 | SH4 low load, humid climate timber-shrub | 0.85 1.15 0.2 0 2.55 | 3.0 | 30 | 2000 1800 1600 | 8000 | S
145 | SH5 high load, dry climate shrub | 3.6 2.1 0 0 2.9 | 6.0 | 15 | 750 1800 1600 | 8000 | S
146 | SH6 low load, humid climate shrub | 2.9 1.45 0 0 1.4 | 2.0 | 30 | 750 1800 1600 | 8000 | S
147 | SH7 very high load, dry climate shrub | 3.5 5.3 2.2 0 3.4 | 6.0 | 15 | 750 1800 1600 | 8000 | S
148 | SH8 high load, humid climate shrub | 2.05 3.4 0.85 0 4.35 | 3.0 | 40 | 750 1800 1600 | 8000 | S
149 | SH9 very high load, humid climate shrub | 4.5 2.45 0 1.55 7.0 | 4.4 | 40 | 750 1800 1500 | 8000 | D
161 | TU1 light load, dry climate timber-grass-shrub | 0.2 0.9 1.5 0.2 0.9 | 0.6 | 20 | 2000 1800 1600 | 8000 | D
162 | TU2 moderate load, humid climate timber-shrub | 0.95 1.8 1.25 0 0.2 | 1.0 | 30 | 2000 1800 1600 | 8000 | S
163 | TU3 moderate load, humid climate timber with shrub | 1.1 0.15 0.25 0.65 1.1 | 1.3 | 30 | 1800 1600 1400 | 8000 | D
164 | TU4 dwarf conifer understory | 4.5 0 0 0 2.0 | 0.5 | 12 | 2300 1800 2000 | 8000 | S
165 | TU5 very high load, dry climate timber-shrub | 4.0 4.0 3.0 0 3.0 | 1.0 | 25 | 1500 1800 750 | 8000 | S
181 | TL1 low load, compact conifer litter | 1.0 2.2 3.6 0 0 | 0.2 | 30 | 2000 1800 1600 | 8000 | S
182 | TL2 low load broadleaf litter | 1.4 2.3 2.2 0 0 | 0.2 | 25 | 2000 1800 1600 | 8000 | S
183 | TL3 moderate load conifer litter | 0.5 2.2 2.8 0 0 | 0.3 | 20 | 2000 1800 1600 | 8000 | S
184 | TL4 small downed logs | 0.5 1.5 4.2 0 0 | 0.4 | 25 | 2000 1800 1600 | 8000 | S
185 | TL5 high load conifer litter | 1.15 2.5 4.4 0 0 | 0.6 | 25 | 2000 1800 1600 | 8000 | S
186 | TL6 high load broadleaf litter | 2.4 1.2 1.2 0 0 | 0.3 | 25 | 2000 1800 1600 | 8000 | S
187 | TL7 large downed logs | 0.3 1.4 8.1 0 0 | 0.4 | 25 | 2000 1800 1600 | 8000 | S
188 | TL8 long-needle litter | 5.8 1.4 1.1 0 0 | 0.3 | 35 | 1800 1800 1600 | 8000 | S
189 | TL9 very high load broadleaf litter | 6.65 3.30 4.15 0 0 | 0.6 | 35 | 1800 1800 1600 | 8000 | S
201 | SB1 low load activity fuel | 1.5 3.0 11.0 0 0 | 1.0 | 25 | 2000 1800 1600 | 8000 | S
202 | SB2 moderate load activity or low load blowdown | 4.5 4.25 4.0 0 0 | 1.0 | 25 | 2000 1800 1600 | 8000 | S
203 | SB3 high load activity or moderate load blowdown | 5.5 2.75 3.0 0 0 | 1.2 | 25 | 2000 1800 1600 | 8000 | S
204 | SB4 high load blowdown | 5.25 3.5 5.25 0 0 | 2.7 | 25 | 2000 1800 1600 | 8000 | S
""")
"""By number. Number 0 in a fuel map is ground that does not burn."""


@dataclass(frozen=True, slots=True)
class Moisture:
    """Water in fuels as a share of their dry weight: dead 1 h, 10 h and 100 h, live wood, needles, and herbs.

    ``herb`` below 0 means: as ``live``.
    """

    one_hour: float = 0.06
    ten_hour: float = 0.07
    hundred_hour: float = 0.08
    live: float = 1.0
    foliage: float = 1.0
    herb: float = -1.0

    @property
    def herbs(self) -> float:
        """Moisture of live herbs."""
        return self.live if self.herb < 0.0 else self.herb
