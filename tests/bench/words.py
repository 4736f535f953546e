"""Words of titles, notes and accounts, in English and Urdu: what the benchmarks write and search.

The first of each list are common and the last are seldom, as in any language: the share of a word follows its rank.
RARE stands in one title of many thousands, ABSENT in none.
"""
# ruff: noqa: SIM905 - a page of words

from collections.abc import Sequence
from random import Random

from storage.spelling import fold

ENGLISH = """
account fake page fraud bank online messages threats profile payment video number stolen photos blackmail ministry
hacked money transfer mobile woman website student family harassment group channel posts company loan scam investment
card pictures private data leaked university school teacher hospital doctor officer police court election minister
impersonation wallet crypto exchange invoice email address password login server attack ransom malware phishing link
advertisement shop seller buyer parcel customs visa passport job agency recruiter salary advance fee lottery prize
charity donation flood relief mosque school-fees tuition exam paper result degree forged certificate licence vehicle
property plot housing society tenant landlord inheritance will dispute divorce custody child girl boy minor abuse
material exploitation grooming kidnapping missing ransom-note witness journalist editor newspaper broadcast stream
recording audio voice clone deepfake edited campaign slander rumour hate speech sectarian violence riot incitement
weapon explosive drug narcotics smuggling border trafficking migrant boat route agent broker hawala dealer currency
gold jewellery market trader factory exporter supplier contract tender bribe official inspector clerk record register
archive backup domain hosting registrar certificate-authority router modem camera device handset sim operator tower
location history subscriber traffic log session cookie token key signature software update cracked pirated game player
clan currency-farm streamer fan celebrity singer actor cricketer captain team league ticket concert festival hotel
booking airline travel tour pilgrim umrah hajj guide interpreter embassy consulate attache diplomat delegation summit
border-post rail freight port vessel crew captaincy insurance claim adjuster clinic pharmacy vaccine oxygen laboratory
specimen test-kit engineer architect surveyor mason plumber electrician carpenter tailor weaver potter farmer orchard
harvest cotton wheat mango livestock veterinary dairy canal tubewell turbine grid meter tariff billing refund voucher
coupon loyalty points gift hamper courier rider scooter petrol diesel workshop garage spare tyre windscreen mechanic
""".split()
URDU = """
جعلی اکاؤنٹ صفحہ دھوکہ بینک رقم پیغام دھمکی تصویر ویڈیو نمبر چوری خاتون موبائل وزارت بلیک میل ہراساں گروپ قرض
سرمایہ کاری کمپنی طالبہ جامعہ سکول استاد ہسپتال ڈاکٹر پولیس افسر عدالت انتخاب وزیر اشتہار دکان خریدار فروخت پارسل
نوکری تنخواہ ویزا پاسپورٹ انعام لاٹری خیرات چندہ سیلاب امداد مسجد امتحان نتیجہ ڈگری سند لائسنس گاڑی زمین پلاٹ مکان
کرایہ دار مالک وراثت تنازعہ طلاق بچہ بچی نابالغ زیادتی مواد اغوا لاپتہ گواہ صحافی مدیر اخبار نشریات آواز نقل مہم
بہتان افواہ نفرت تقریر فرقہ تشدد فساد اسلحہ بارود منشیات سمگلنگ سرحد انسانی مہاجر کشتی راستہ ایجنٹ دلال ہنڈی کرنسی
سونا زیور بازار تاجر کارخانہ برآمد ٹھیکہ رشوت اہلکار کلرک ریکارڈ رجسٹر نقشہ کیمرہ آلہ سم ٹاور مقام تاریخ صارف
کھیل کھلاڑی گلوکار اداکار کپتان ٹیم ٹکٹ جلسہ میلہ ہوٹل پرواز سفر زائر عمرہ حج رہنما مترجم سفارت قونصل وفد ریل
بندرگاہ جہاز عملہ بیمہ دعوی دواخانہ ویکسین تجربہ انجینئر معمار مستری درزی جولاہا کمہار کسان باغ فصل کپاس گندم آم
مویشی دودھ نہر بجلی میٹر نرخ واپسی رسید تحفہ ڈاک سوار پٹرول ورکشاپ پہیہ شیشہ مکینک خط دستخط مہر کاغذ لفافہ قلم کتاب
دفتر میز کرسی دروازہ کھڑکی چھت دیوار صحن گلی محلہ قصبہ ضلع صوبہ ملک دریا پہاڑ وادی صحرا جنگل سمندر ساحل جزیرہ
""".split()
COMMON, SECOND, URDU_COMMON = ENGLISH[0], ENGLISH[3], URDU[0]
RARE, ABSENT = "xylophone", "president"
EVERY = 20_011  # cases from one with the rare word to the next
DRAWN = 200_000  # words in a row, from which texts are cut

_Drawn = list[tuple[str, str]]


class Texts:
    """Titles and notes, each with its folding; the same for the same seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._english, self._urdu = (self._draw(words) for words in (ENGLISH, URDU))

    def title(self) -> tuple[str, str]:
        """Three to seven words: of four titles one is Urdu, of twenty one is both."""
        kind = self._random.random()
        words = self._cut(self._urdu if kind < 0.25 else self._english, 3, 7)
        words += self._cut(self._urdu, 1, 2) if kind > 0.95 else []
        return _joined(words)

    def note(self) -> tuple[str, str]:
        """Eight to thirty words."""
        return _joined(self._cut(self._urdu if self._random.random() < 0.25 else self._english, 8, 30))

    def handle(self, number: int) -> str:
        """An account, as plain as its key."""
        (one, _), (other, _) = self._cut(self._english, 2, 2)
        return f"{one}_{other}_{number}"

    def _draw(self, words: Sequence[str]) -> _Drawn:
        pairs = [(word, fold(word)) for word in words]
        return self._random.choices(pairs, [1 / (rank + 8) for rank in range(len(pairs))], k=DRAWN)

    def _cut(self, drawn: _Drawn, least: int, most: int) -> _Drawn:
        start = int(self._random.random() * (DRAWN - most))
        return drawn[start : start + least + int(self._random.random() * (most - least + 1))]


def _joined(words: _Drawn) -> tuple[str, str]:
    return " ".join(word for word, _ in words), " ".join(folded for _, folded in words)
