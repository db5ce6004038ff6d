"""The files of ordinary public data sets, written as their publishers write them; see `shapes`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np


def _lines(path: Path, head: str, rows: Iterator[str], *, encoding: str = "utf-8") -> None:
    path.write_bytes((head + "\n" + "".join(f"{row}\n" for row in rows)).encode(encoding))


def _label(rng: Any, score: float) -> int:
    return int(rng.random() < 1 / (1 + np.exp(-score)))


def census(path: Path, rng: Any) -> None:
    """Blanks behind commas, `?` for missing, classes with signs."""
    works = ["Private", "Self-emp-not-inc", "State-gov", "?"]

    def rows() -> Iterator[str]:
        for _ in range(2_000):
            age, hours = int(rng.integers(17, 90)), int(rng.integers(1, 99))
            rich = _label(rng, (age - 45) / 10 + (hours - 45) / 10)
            yield (
                f"{age}, {works[rng.integers(4)]}, {rng.integers(12_000, 1_484_705)}, HS-grad, "
                f"{rng.integers(1, 16)}, {0 if rng.random() < 0.9 else rng.integers(99_999)}, "
                f"{hours}, {['<=50K', '>50K'][rich]}"
            )

    names = "age, workclass, fnlwgt, education, education-num, capital-gain, hours-per-week, income"
    _lines(path, names, rows())


def passengers(path: Path, rng: Any) -> None:
    """Names with commas in quotes, cabins mostly missing, ages with gaps."""

    def rows() -> Iterator[str]:
        for i in range(891):
            female, fare = rng.random() < 0.35, rng.gamma(1.0, 30.0)
            lived = _label(rng, 2.5 * female - 1 + fare / 100)
            age = "" if rng.random() < 0.2 else f"{rng.uniform(0.4, 80):.2g}"
            cabin = f"C{rng.integers(99)}" if rng.random() < 0.23 else ""
            yield (
                f'{i + 1},{lived},{rng.integers(1, 4)},"Doe, Mr. No. {i} ""Jo""",'
                f"{['male', 'female'][female]},{age},{rng.integers(4)},A/5 {rng.integers(9999)},"
                f"{fare:.4f},{cabin},{['S', 'C', 'Q', ''][rng.integers(4)]}"
            )

    _lines(
        path, "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Ticket,Fare,Cabin,Embarked", rows()
    )


def bank(path: Path, rng: Any) -> None:
    """Semicolons, all words in quotes, `unknown` as a category, 999 for never."""

    def rows() -> Iterator[str]:
        for _ in range(2_000):
            long = rng.gamma(2.0, 130.0)
            yes = _label(rng, long / 200 - 3)
            yield (
                f'{rng.integers(18, 95)};"{["admin.", "blue-collar", "unknown"][rng.integers(3)]}";'
                f'"{["married", "single", "unknown"][rng.integers(3)]}";{long:.0f};'
                f"{999 if rng.random() < 0.96 else rng.integers(27)};"
                f'{rng.normal(93, 0.5):.3f};"{["no", "yes"][yes]}"'
            )

    _lines(path, '"age";"job";"marital";"duration";"pdays";"cons.price.idx";"y"', rows())


def churn(path: Path, rng: Any) -> None:
    """A blank for a missing amount, yes and no, an identifier."""

    def rows() -> Iterator[str]:
        for i in range(1_500):
            months = int(rng.integers(0, 73))
            monthly = rng.uniform(18, 119)
            left = _label(rng, 1 - months / 20)
            total = " " if months == 0 else f"{months * monthly:.2f}"
            yield (
                f"{i:04d}-QX{i % 97},{['Female', 'Male'][rng.integers(2)]},{rng.integers(2)},"
                f"{months},{['Yes', 'No', 'No internet service'][rng.integers(3)]},{monthly:.2f},"
                f"{total},{['No', 'Yes'][left]}"
            )

    head = "customerID,gender,SeniorCitizen,tenure,TechSupport,MonthlyCharges,TotalCharges,Churn"
    _lines(path, head, rows())


def cards(path: Path, rng: Any) -> None:
    """A first header of groups above the names."""

    def rows() -> Iterator[str]:
        for i in range(1_500):
            paid = int(rng.integers(-2, 9))
            late = _label(rng, paid - 2)
            yield f"{i + 1},{rng.integers(1, 100)}0000,{rng.integers(1, 3)},{paid},{late}"

    _lines(path, ",X1,X2,X3,Y\nID,LIMIT_BAL,SEX,PAY_0,default payment next month", rows())


def credit(path: Path, rng: Any) -> None:
    """Blanks between columns, codes for words."""

    def rows() -> Iterator[str]:
        for _ in range(1_000):
            months = int(rng.integers(4, 73))
            bad = 1 + _label(rng, (months - 30) / 8)
            amount = rng.integers(250, 18_424)
            yield f"A1{rng.integers(1, 5)} {months} A3{rng.integers(5)} {amount} {bad}"

    _lines(path, "status months history amount risk", rows())


def bikes(path: Path, rng: Any) -> None:
    """A day of ISO and an hour, counts to predict."""

    def rows() -> Iterator[str]:
        for i in range(2_000):
            day, hour = np.datetime64("2011-01-01") + i // 24, i % 24
            warm = rng.uniform(0, 1)
            count = rng.poisson(20 + 200 * warm * np.sin(np.pi * hour / 24) ** 2)
            wet = rng.uniform(0, 1)
            yield f"{i + 1},{day},{1 + i // 504 % 4},{hour},{warm:.2f},{wet:.4f},{count}"

    _lines(path, "instant,dteday,season,hr,temp,hum,cnt", rows())


def taxis(path: Path, rng: Any) -> None:
    """Parquet with times in us, flags of Y and N, negative fares, gaps as nulls."""
    import pandas as pd

    count = 2_000
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        np.sort(rng.integers(0, 2_600_000, count)), "s"
    )
    miles = rng.gamma(2.0, 1.5, count)
    fare = np.round(3 + 2.5 * miles + rng.normal(0, 1, count), 2)
    fare[rng.random(count) < 0.01] *= -1
    pd.DataFrame(
        {
            "tpep_pickup_datetime": start.astype("datetime64[us]"),
            "passenger_count": np.where(
                rng.random(count) < 0.05, np.nan, rng.integers(1, 6, count)
            ),
            "trip_distance": np.round(miles, 2),
            "store_and_fwd_flag": rng.choice(["N", "Y", None], count),
            "PULocationID": rng.integers(1, 266, count).astype("int32"),
            "fare_amount": fare,
        }
    ).to_parquet(path)


def shop(path: Path, rng: Any) -> None:
    """Western European letters in no UTF-8, month first, cancellations, a semicolon in words."""

    def rows() -> Iterator[str]:
        for i in range(1_500):
            cancelled = rng.random() < 0.1
            quantity = -int(rng.integers(1, 9)) if cancelled else int(rng.integers(1, 40))
            at = np.datetime64("2010-12-01T08:26") + 190 * i
            day = at.astype("datetime64[D]").item()
            clock = str(at)[11:16].lstrip("0") if str(at)[11:13] != "00" else str(at)[12:16]
            yield (
                f'{"C" if cancelled else ""}{536_365 + i},85123A,"WHITE HEART, £ {i % 40}",'
                f"{quantity},"
                f"{day.month}/{day.day}/{day.year} {clock},{rng.gamma(2, 2):.2f},"
                f"{17_850 if rng.random() < 0.75 else ''},{int(cancelled)}"
            )

    head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Cancelled"
    _lines(path, head, rows(), encoding="latin-1")


def houses(path: Path, rng: Any) -> None:
    """Many columns; NA is a word for none; years; a price to predict."""
    names = ["Id", *(f"F{i}" for i in range(40)), "Alley", "YearBuilt", "GrLivArea", "SalePrice"]

    def rows() -> Iterator[str]:
        for i in range(1_460):
            area = int(rng.normal(1_500, 400))
            values = [str(rng.integers(1, 9)) for _ in range(40)]
            alley = ["NA", "Grvl", "Pave"][rng.choice(3, p=[0.9, 0.06, 0.04])]
            usd = int(50_000 + 90 * area + 5_000 * int(values[0]) + rng.normal(0, 9_000))
            year = rng.integers(1872, 2011)
            yield ",".join(map(str, [i + 1, *values, alley, year, area, usd]))

    _lines(path, ",".join(names), rows())


def air(path: Path, rng: Any) -> None:
    """Semicolons, decimal commas, -200 for missing, dotted clocks, empty columns and rows."""

    def rows() -> Iterator[str]:
        for i in range(1_500):
            at = np.datetime64("2004-03-10T18") + i
            carbon = -200.0 if rng.random() < 0.03 else rng.gamma(2.0, 1.0)
            heat = rng.normal(15, 6)
            yield (
                (
                    f"{at.astype('datetime64[D]').item():%d/%m/%Y};{str(at)[11:13]}.00.00;"
                    f"{carbon:.1f};{rng.integers(600, 2000)};{heat:.1f};"
                    f"{0.5 + 0.02 * heat + rng.normal(0, 0.05):.4f};;"
                )
                .replace(".", ",")
                .replace(",00,00", ".00.00")
            )
        yield from (";;;;;;;" for _ in range(20))

    _lines(path, "Date;Time;CO(GT);PT08.S1(CO);T;AH;;", rows())


def power(path: Path, rng: Any) -> None:
    """Day and clock apart, `?` for missing, day first."""

    def rows() -> Iterator[str]:
        for i in range(2_000):
            at = np.datetime64("2006-12-16T17:24") + 30 * i
            load = rng.gamma(2.0, 0.6)
            cells = (
                ["?"] * 3
                if rng.random() < 0.02
                else [f"{load:.3f}", f"{rng.normal(240, 3):.3f}", f"{4.2 * load:.3f}"]
            )
            day = at.astype("datetime64[D]").item()
            yield f"{day:%d/%m/%Y};{str(at)[11:16]}:00;{';'.join(cells)}"

    _lines(path, "Date;Time;Global_active_power;Voltage;Global_intensity", rows())


def forest(path: Path, rng: Any) -> None:
    """Whole numbers throughout, many of them 0 and 1, seven classes."""
    names = ["Elevation", "Slope", *(f"Soil_Type{i}" for i in range(1, 31)), "Cover_Type"]

    def rows() -> Iterator[str]:
        for _ in range(2_500):
            height = int(rng.integers(1_850, 3_860))
            soil = int(rng.integers(30))
            kind = min(7, 1 + (3_860 - height) // 300)
            yield ",".join(
                map(str, [height, rng.integers(0, 60), *(int(i == soil) for i in range(30)), kind])
            )

    _lines(path, ",".join(names), rows())


def wine(path: Path, rng: Any) -> None:
    """Semicolons, names with blanks in quotes, marks from 3 to 8."""

    def rows() -> Iterator[str]:
        for _ in range(1_599):
            strong = rng.normal(10.4, 1.0)
            yield (
                f"{rng.normal(8.3, 1.7):.1f};{rng.normal(0.5, 0.2):.2f};{strong:.1f};"
                f"{int(np.clip(round(5.6 + 0.6 * (strong - 10.4) + rng.normal(0, 0.5)), 3, 8))}"
            )

    _lines(path, '"fixed acidity";"volatile acidity";"alcohol";"quality"', rows())


def fraud(path: Path, rng: Any) -> None:
    """Floats in full, one case in two hundred, a clock of seconds since the first row."""

    def rows() -> Iterator[str]:
        for i in range(4_000):
            bad = rng.random() < 0.005
            values = rng.normal(1.5 * bad, 1, 10)
            cells = ",".join(f"{value:.14f}" for value in values)
            yield f'{i * 43},{cells},{rng.gamma(1, 80):.2f},"{int(bad)}"'

    _lines(
        path, '"Time",' + ",".join(f'"V{i}"' for i in range(1, 11)) + ',"Amount","Class"', rows()
    )


def flights(path: Path, rng: Any) -> None:
    """A day in digits, clocks as hhmm, NA among numbers."""

    def rows() -> Iterator[str]:
        for i in range(2_000):
            day = np.datetime64("2013-01-01") + i // 6
            hour = int(rng.integers(5, 24))
            late = "NA" if rng.random() < 0.02 else str(int(rng.normal(hour - 12, 8)))
            behind = int(hour > 15) if rng.random() < 0.9 else 0
            yield (
                f"{str(day).replace('-', '')},{hour}{rng.integers(10, 60)},{late},UA,"
                f"{rng.integers(80, 5_000)},{behind}"
            )

    _lines(path, "flight_date,sched_dep_time,dep_delay,carrier,distance,late", rows())


def hospital(path: Path, rng: Any) -> None:
    """Ranges in brackets, codes that look like numbers, `?`, three classes."""

    def rows() -> Iterator[str]:
        for i in range(2_000):
            visits = int(rng.poisson(0.6))
            again = ["NO", ">30", "<30"][_label(rng, visits - 1) + (rng.random() < 0.1)]
            age = 10 * int(rng.integers(10))
            yield (
                f"{2_278_392 + 7 * i},{['Caucasian', 'Other', '?'][rng.integers(3)]},"
                f"[{age}-{age + 10}),{['?', '[75-100)'][int(rng.random() < 0.03)]},"
                f"{['250.83', '276', 'V57', '428'][rng.integers(4)]},{visits},{again}"
            )

    _lines(path, "encounter_id,race,age,weight,diag_1,number_inpatient,readmitted", rows())


def stores(path: Path, rng: Any) -> None:
    """A column of 0 and letters, lists of months in quotes, times that run backwards."""

    def rows() -> Iterator[str]:
        for i in range(2_000):
            day = np.datetime64("2015-07-31") - i // 4
            promo = int(rng.integers(2))
            months = ["Jan,Apr,Jul,Oct", "Feb,May,Aug,Nov", ""][rng.integers(3)]
            yield (
                f"{i % 4 + 1},{1 + i % 7},{day},{int(rng.normal(5_000 + 2_000 * promo, 500))},"
                f"{promo},"
                f'"{["0", "0", "0", "a", "b"][rng.integers(5)]}","{months}"'
            )

    _lines(path, "Store,DayOfWeek,Date,Sales,Promo,StateHoliday,PromoInterval", rows())


def rooms(path: Path, rng: Any) -> None:
    """Dollars with commas, per cent, t and f, words with line breaks and quotes."""

    def rows() -> Iterator[str]:
        for i in range(1_200):
            beds = int(rng.integers(1, 6))
            price = 40 * beds + rng.gamma(2, 300 if rng.random() < 0.1 else 20)
            rate = "N/A" if rng.random() < 0.1 else f"{rng.integers(40, 101)}%"
            yield (
                f'{13_913 + 17 * i},"A ""cosy"" room,\nnear <b>the</b> park {i}",{rate},'
                f'{["t", "f"][rng.integers(2)]},{beds},"${price:,.2f}",{rng.integers(1, 366)}'
            )

    head = "id,description,host_response_rate,host_is_superhost,beds,price,availability_365"
    _lines(path, head, rows())


def engines(path: Path, rng: Any) -> None:
    """Blanks between columns and behind the last, sensors that never change."""

    def rows() -> Iterator[str]:
        for unit in range(1, 21):
            life = int(rng.integers(60, 120))
            for cycle in range(1, life):
                left = life - cycle
                heat = 642 + 3 / left + rng.normal(0, 0.3)
                yield f"{unit} {cycle} {rng.normal(0, 0.002):.4f} 100.0 {heat:.2f} 518.67 {left}  "

    _lines(path, "unit cycle setting1 setting3 sensor2 sensor1 rul", rows())


def messages(path: Path, rng: Any) -> None:
    """Prose as the only column, names of no use, empty columns, no UTF-8."""
    words = {0: ["ok", "lunch", "home", "café", "later"], 1: ["free", "win", "£", "claim", "text"]}

    def rows() -> Iterator[str]:
        for _ in range(1_500):
            spam = int(rng.random() < 0.13)
            text = " ".join(rng.choice(words[spam], 8))
            yield f'{["ham", "spam"][spam]},"{text}, {len(text)}",{len(text)},,'

    _lines(path, "v1,v2,length,,", rows(), encoding="latin-1")
